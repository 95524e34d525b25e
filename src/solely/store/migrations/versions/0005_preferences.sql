-- what people chose about marketing: an objection or what lifted one, for a purpose or '*' (all); all are kept
CREATE TABLE registry.preferences (
    subject text NOT NULL,
    purpose text NOT NULL,
    choice text NOT NULL CHECK (choice IN ('object', 'allow')),
    source text NOT NULL CHECK (source IN ('person', 'gpc')),
    at timestamptz NOT NULL,
    entry bigint NOT NULL,
    PRIMARY KEY (subject, entry)
);
CREATE INDEX ON registry.preferences (entry);

-- As in 0004, and their choices go too: what is left of a person says nothing of what they wanted.
CREATE OR REPLACE FUNCTION registry.erase(who text, erasure uuid, at timestamptz, entry bigint) RETURNS void
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
    DELETE FROM registry.preferences p WHERE p.subject = who;
    UPDATE registry.givings SET subject = alias WHERE subject = who;
    UPDATE registry.endings SET subject = alias WHERE subject = who;
    UPDATE registry.notified SET subject = alias WHERE subject = who;
    UPDATE registry.pseudonyms SET subject = alias WHERE subject = who;
    INSERT INTO registry.erasures (erasure, at, entry, pseudonyms) VALUES (erasure, at, entry, known);
END $$;
