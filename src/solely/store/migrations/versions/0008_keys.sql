-- Keys that were destroyed, and the acts on rows that rotating keys needs. A role can do no more with them than that:
-- it moves a row from one key to a later one, and the row stays what it is. No table has a trigger: whoever records
-- says under which keys, in the transaction that records, and so meets whoever destroys one at this moment.
DO $$
DECLARE
    place text;
BEGIN
    FOREACH place IN ARRAY ARRAY['security', 'service', 'advertising', 'measurement', 'discovery'] LOOP
        EXECUTE format($make$
            CREATE TABLE %1$I.destroyed_keys (
                purpose text NOT NULL,
                use text NOT NULL,
                numbers integer[] NOT NULL DEFAULT '{}',
                PRIMARY KEY (purpose, use)
            );

            CREATE FUNCTION %1$I.expect_keys(what text, of_use text, used integer[]) RETURNS void
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
            AS $expect$
            DECLARE
                gone integer[];
            BEGIN
                SELECT d.numbers INTO gone FROM %1$I.destroyed_keys d
                WHERE d.purpose = what AND d.use = of_use FOR SHARE;  -- held until what is recorded is durable
                IF NOT FOUND THEN
                    INSERT INTO %1$I.destroyed_keys VALUES (what, of_use) ON CONFLICT DO NOTHING;
                    SELECT d.numbers INTO gone FROM %1$I.destroyed_keys d
                    WHERE d.purpose = what AND d.use = of_use FOR SHARE;
                END IF;
                IF gone && used THEN
                    RAISE EXCEPTION 'a key that was destroyed' USING ERRCODE = 'SK001';
                END IF;
            END $expect$;
        $make$, place);
    END LOOP;

    FOREACH place IN ARRAY ARRAY['security', 'service'] LOOP
        EXECUTE format($make$
            CREATE FUNCTION %1$I.move_keys(
                what text, old integer, new integer, persons uuid[], ids uuid[], fresh bytea[]
            ) RETURNS bigint
            LANGUAGE sql SECURITY DEFINER SET search_path = ''
            AS $move$
                WITH given AS (
                    SELECT m.person, m.id, m.wrapped FROM unnest(persons, ids, fresh) AS m (person, id, wrapped)
                    WHERE old < new AND octet_length(m.wrapped) = 60
                ), moved AS (
                    UPDATE %1$I.contacts c SET key_number = new FROM given m
                    WHERE c.pseudonym = m.person AND c.giving = m.id AND c.purpose = what AND c.key_number = old
                    RETURNING c.pseudonym, c.giving, m.wrapped
                ), wrapped AS (
                    UPDATE %1$I.wrapped_keys w SET wrapped = m.wrapped FROM moved m
                    WHERE w.pseudonym = m.pseudonym AND w.giving = m.giving RETURNING 1
                )
                SELECT count(*) FROM wrapped
            $move$;
        $make$, place);
    END LOOP;

    FOREACH place IN ARRAY ARRAY['advertising', 'measurement', 'discovery'] LOOP
        EXECUTE format($make$
            -- what each token key makes of a value that is known to all: by it a key is known again
            CREATE TABLE %1$I.key_checks (
                purpose text NOT NULL,
                number integer NOT NULL,
                value bytea NOT NULL,
                PRIMARY KEY (purpose, number)
            );

            CREATE FUNCTION %1$I.move_keys(
                what text, old integer, new integer, persons uuid[], ids uuid[], fresh bytea[]
            ) RETURNS bigint
            LANGUAGE sql SECURITY DEFINER SET search_path = ''
            AS $move$
                WITH moved AS (
                    UPDATE %1$I.givings g SET key_number = new, tokens = m.tokens
                    FROM unnest(persons, ids, fresh) AS m (person, id, tokens)
                    WHERE g.pseudonym = m.person AND g.giving = m.id AND g.purpose = what AND g.key_number = old
                    AND old < new AND octet_length(g.tokens) = octet_length(m.tokens) RETURNING 1
                )
                SELECT count(*) FROM moved
            $move$;

            -- how many rows still need the key; once none does, nothing is recorded under it again
            CREATE FUNCTION %1$I.destroy_key(what text, of_use text, old integer) RETURNS bigint
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
            AS $destroy$
            DECLARE
                needed bigint := 0;
            BEGIN
                INSERT INTO %1$I.destroyed_keys VALUES (what, of_use) ON CONFLICT DO NOTHING;
                PERFORM FROM %1$I.destroyed_keys d WHERE d.purpose = what AND d.use = of_use FOR UPDATE;  -- waits for them
                IF of_use = 'token' THEN
                    SELECT count(*) INTO needed FROM %1$I.givings g
                    WHERE g.purpose = what AND g.key_number = old AND g.tokens <> '';
                END IF;
                IF needed = 0 THEN
                    UPDATE %1$I.destroyed_keys d SET numbers = d.numbers || old
        WHERE d.purpose = what AND d.use = of_use AND NOT old = ANY(d.numbers);
                END IF;
                RETURN needed;
            END $destroy$;
        $make$, place);
    END LOOP;
END $$;

CREATE FUNCTION service.destroy_key(what text, of_use text, old integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    needed bigint := 0;
BEGIN
    INSERT INTO service.destroyed_keys VALUES (what, of_use) ON CONFLICT DO NOTHING;
    PERFORM FROM service.destroyed_keys d WHERE d.purpose = what AND d.use = of_use FOR UPDATE;  -- waits for them
    IF of_use = 'seal' THEN
        SELECT count(*) INTO needed FROM service.contacts c WHERE c.purpose = what AND c.key_number = old;
    END IF;
    IF needed = 0 THEN
        UPDATE service.destroyed_keys d SET numbers = d.numbers || old
        WHERE d.purpose = what AND d.use = of_use AND NOT old = ANY(d.numbers);
    END IF;
    RETURN needed;
END $$;
CREATE FUNCTION security.destroy_key(what text, of_use text, old integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    needed bigint := 0;
BEGIN
    INSERT INTO security.destroyed_keys VALUES (what, of_use) ON CONFLICT DO NOTHING;
    PERFORM FROM security.destroyed_keys d WHERE d.purpose = what AND d.use = of_use FOR UPDATE;  -- waits for them
    IF of_use = 'seal' THEN
        SELECT count(*) INTO needed FROM (
            SELECT FROM security.contacts c WHERE c.purpose = what AND c.key_number = old
            UNION ALL SELECT FROM security.factors f
            WHERE what = 'two-factor' AND f.key_number = old AND f.secret IS NOT NULL
        ) AS rows;
    END IF;
    IF needed = 0 THEN
        UPDATE security.destroyed_keys d SET numbers = d.numbers || old
        WHERE d.purpose = what AND d.use = of_use AND NOT old = ANY(d.numbers);
    END IF;
    RETURN needed;
END $$;

DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN SELECT p.oid::regprocedure FROM pg_proc p
               WHERE p.proname IN ('move_keys', 'destroy_key', 'expect_keys') LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one);
    END LOOP;
END $$;
