-- Keys that were destroyed, and the two acts on rows that rotating keys needs. A role can do no more with them than
-- that: it moves a row from one key to a later one, and the row stays what it is.
DO $$
DECLARE
    place text;
BEGIN
    FOREACH place IN ARRAY ARRAY['security', 'service', 'advertising', 'measurement', 'discovery'] LOOP
        EXECUTE format($make$
            CREATE TABLE %1$I.destroyed_keys (
                purpose text NOT NULL,
                use text NOT NULL,
                number integer NOT NULL,
                PRIMARY KEY (purpose, use, number)
            );
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

            CREATE FUNCTION %1$I.refuse_destroyed() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
            AS $refuse$
            BEGIN
                LOCK TABLE %1$I.destroyed_keys IN ROW SHARE MODE;  -- who destroys waits for this, and this for them
                IF EXISTS (SELECT FROM %1$I.destroyed_keys d JOIN fresh f
                           ON f.purpose = d.purpose AND f.key_number = d.number WHERE d.use = 'seal') THEN
                    RAISE EXCEPTION 'a key that was destroyed' USING ERRCODE = 'SK001';
                END IF;
                RETURN NULL;
            END $refuse$;
            CREATE TRIGGER refuse_destroyed AFTER INSERT ON %1$I.contacts REFERENCING NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION %1$I.refuse_destroyed();
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

            CREATE FUNCTION %1$I.refuse_destroyed() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
            AS $refuse$
            BEGIN
                LOCK TABLE %1$I.destroyed_keys IN ROW SHARE MODE;
                IF EXISTS (SELECT FROM %1$I.destroyed_keys d JOIN fresh f
                           ON f.purpose = d.purpose AND f.key_number = d.number WHERE d.use = 'token') THEN
                    RAISE EXCEPTION 'a key that was destroyed' USING ERRCODE = 'SK001';
                END IF;
                RETURN NULL;
            END $refuse$;
            CREATE TRIGGER refuse_destroyed AFTER INSERT ON %1$I.givings REFERENCING NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION %1$I.refuse_destroyed();

            -- how many rows still need the key; once none does, nothing is recorded under it again
            CREATE FUNCTION %1$I.destroy_key(what text, of_use text, old integer) RETURNS bigint
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
            AS $destroy$
            DECLARE
                needed bigint := 0;
            BEGIN
                LOCK TABLE %1$I.destroyed_keys IN EXCLUSIVE MODE;
                IF of_use = 'token' THEN
                    SELECT count(*) INTO needed FROM %1$I.givings g
                    WHERE g.purpose = what AND g.key_number = old AND g.tokens <> '';
                END IF;
                IF needed = 0 THEN
                    INSERT INTO %1$I.destroyed_keys VALUES (what, of_use, old) ON CONFLICT DO NOTHING;
                END IF;
                RETURN needed;
            END $destroy$;
        $make$, place);
    END LOOP;
END $$;

-- secrets of authenticator apps stand in a row with much else, and are sealed under the key of two-factor
CREATE FUNCTION security.refuse_destroyed_secret() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    LOCK TABLE security.destroyed_keys IN ROW SHARE MODE;
    IF EXISTS (SELECT FROM security.destroyed_keys d
               WHERE d.purpose = 'two-factor' AND d.use = 'seal' AND d.number = NEW.key_number) THEN
        RAISE EXCEPTION 'a key that was destroyed' USING ERRCODE = 'SK001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_destroyed_secret BEFORE INSERT OR UPDATE OF key_number ON security.factors
FOR EACH ROW WHEN (NEW.key_number IS NOT NULL) EXECUTE FUNCTION security.refuse_destroyed_secret();

CREATE FUNCTION service.destroy_key(what text, of_use text, old integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    needed bigint := 0;
BEGIN
    LOCK TABLE service.destroyed_keys IN EXCLUSIVE MODE;
    IF of_use = 'seal' THEN
        SELECT count(*) INTO needed FROM service.contacts c WHERE c.purpose = what AND c.key_number = old;
    END IF;
    IF needed = 0 THEN
        INSERT INTO service.destroyed_keys VALUES (what, of_use, old) ON CONFLICT DO NOTHING;
    END IF;
    RETURN needed;
END $$;
CREATE FUNCTION security.destroy_key(what text, of_use text, old integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    needed bigint := 0;
BEGIN
    LOCK TABLE security.destroyed_keys IN EXCLUSIVE MODE;
    IF of_use = 'seal' THEN
        SELECT count(*) INTO needed FROM (
            SELECT FROM security.contacts c WHERE c.purpose = what AND c.key_number = old
            UNION ALL SELECT FROM security.factors f
            WHERE what = 'two-factor' AND f.key_number = old AND f.secret IS NOT NULL
        ) AS rows;
    END IF;
    IF needed = 0 THEN
        INSERT INTO security.destroyed_keys VALUES (what, of_use, old) ON CONFLICT DO NOTHING;
    END IF;
    RETURN needed;
END $$;

DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN SELECT p.oid::regprocedure FROM pg_proc p
               WHERE p.proname IN ('move_keys', 'destroy_key', 'refuse_destroyed', 'refuse_destroyed_secret') LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one);
    END LOOP;
END $$;
