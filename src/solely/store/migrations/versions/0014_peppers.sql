-- How many rows still need the key; once none does, nothing is recorded under it again. A pepper is a key, too.
CREATE OR REPLACE FUNCTION security.destroy_key(what text, of_use text, old integer) RETURNS bigint
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
    ELSIF of_use = 'pepper' THEN
        SELECT count(*) INTO needed FROM security.passwords p WHERE p.pepper = old;
    END IF;
    IF needed = 0 THEN
        UPDATE security.destroyed_keys d SET numbers = d.numbers || old
        WHERE d.purpose = what AND d.use = of_use AND NOT old = ANY(d.numbers);
    END IF;
    RETURN needed;
END $$;
