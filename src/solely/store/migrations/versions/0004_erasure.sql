-- erasures that were made: the random names by which the person was known here, which a restore would bring back
CREATE TABLE registry.erasures (
    erasure uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    entry bigint NOT NULL,
    pseudonyms uuid[] NOT NULL
);

-- All of one person at once: what opens or meets their contacts goes, and whose the rest is. What is left are random
-- names, by which what was done can still be counted. With its owner's rights, so that the desk reads none of it.
CREATE FUNCTION registry.erase(who text, erasure uuid, at timestamptz, entry bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    known uuid[] := ARRAY(SELECT p.pseudonym FROM registry.pseudonyms p WHERE p.subject = who);
    alias text := 'erased:' || erasure;
    place record;
BEGIN
    FOR place IN
        SELECT c.table_schema AS schema, c.table_name AS name FROM information_schema.columns c
        WHERE c.column_name = 'pseudonym' AND c.table_schema IN ('security', 'service')
    LOOP
        EXECUTE format('DELETE FROM %I.%I WHERE pseudonym = ANY($1)', place.schema, place.name) USING known;
    END LOOP;
    UPDATE advertising.givings SET tokens = '' WHERE pseudonym = ANY(known);
    UPDATE measurement.givings SET tokens = '' WHERE pseudonym = ANY(known);
    UPDATE discovery.givings SET tokens = '' WHERE pseudonym = ANY(known);
    UPDATE registry.givings SET subject = alias WHERE subject = who;
    UPDATE registry.endings SET subject = alias WHERE subject = who;
    UPDATE registry.notified SET subject = alias WHERE subject = who;
    UPDATE registry.pseudonyms SET subject = alias WHERE subject = who;
    INSERT INTO registry.erasures (erasure, at, entry, pseudonyms) VALUES (erasure, at, entry, known);
END $$;
REVOKE ALL ON FUNCTION registry.erase FROM PUBLIC;
