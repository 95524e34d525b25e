-- The first schema: one schema a compartment, none of which refers to another.
-- Every table carries its distribution key (pseudonym or subject) in its primary key.

-- security and service: contacts under seal; the keys that open them stand apart, to be destroyed alone
CREATE SCHEMA security;
CREATE SCHEMA service;
CREATE TABLE security.contacts (
    pseudonym uuid NOT NULL,
    giving uuid NOT NULL,
    purpose text NOT NULL,
    kind text NOT NULL,
    key_number integer NOT NULL,
    box bytea NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (pseudonym, giving)
);
CREATE TABLE security.wrapped_keys (
    pseudonym uuid NOT NULL,
    giving uuid NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (pseudonym, giving)
);
CREATE TABLE security.endings (
    pseudonym uuid NOT NULL,
    giving uuid NOT NULL,
    ended_at timestamptz NOT NULL,
    PRIMARY KEY (pseudonym, giving)
);
CREATE TABLE service.contacts (LIKE security.contacts INCLUDING ALL);
CREATE TABLE service.wrapped_keys (LIKE security.wrapped_keys INCLUDING ALL);
CREATE TABLE service.endings (LIKE security.endings INCLUDING ALL);

-- advertising, measurement, discovery: tokens, 16 bytes each, one after the other; never a contact
CREATE SCHEMA advertising;
CREATE TABLE advertising.givings (
    number bigint GENERATED ALWAYS AS IDENTITY,
    pseudonym uuid NOT NULL,
    giving uuid NOT NULL,
    purpose text NOT NULL,
    key_number integer NOT NULL,
    tokens bytea NOT NULL,
    given_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (pseudonym, giving)
);
CREATE INDEX ON advertising.givings (purpose, number);
CREATE INDEX ON advertising.givings (number);
CREATE INDEX ON advertising.givings (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE advertising.endings (
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    pseudonym uuid NOT NULL,
    giving uuid NOT NULL,
    ended_at timestamptz NOT NULL,
    PRIMARY KEY (pseudonym, giving)
);
DO $$
DECLARE
    compartment text;
BEGIN
    FOREACH compartment IN ARRAY ARRAY['measurement', 'discovery'] LOOP
        EXECUTE format('CREATE SCHEMA %I', compartment);
        EXECUTE format('CREATE TABLE %I.givings (LIKE advertising.givings INCLUDING ALL)', compartment);
        EXECUTE format('CREATE TABLE %I.endings (LIKE advertising.endings INCLUDING ALL)', compartment);
    END LOOP;
END $$;

-- a member is a person as advertising knows them: a dense number that means nothing elsewhere
CREATE TABLE advertising.members (
    pseudonym uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE TABLE advertising.audiences (
    advertiser text NOT NULL,
    name text NOT NULL,
    purpose text NOT NULL,
    PRIMARY KEY (advertiser, name)
);
-- the number an advertiser is told of a match; a count of its own, since the ledger's tells how much else goes on
CREATE TABLE advertising.uses (
    advertiser text NOT NULL,
    upload uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (advertiser, upload)
);
-- one row for each match, with the policy and the software that made it
CREATE TABLE advertising.uploads (
    advertiser text NOT NULL,
    upload uuid NOT NULL,
    audience text NOT NULL,
    partner text,
    policy text NOT NULL,
    software text NOT NULL,
    matched_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    PRIMARY KEY (advertiser, upload)
);
-- its evidence: through which givings it reached someone (a bitmap), and whom through each, cut into blocks of
-- 2^22 giving numbers, so that what concerns a few givings is found without reading all
CREATE TABLE advertising.evidence (
    advertiser text NOT NULL,
    upload uuid NOT NULL,
    block integer NOT NULL,
    givings bytea NOT NULL,
    members bytea NOT NULL,
    PRIMARY KEY (advertiser, upload, block)
);
CREATE INDEX ON advertising.evidence (block);
ALTER TABLE advertising.evidence ALTER givings SET STORAGE EXTERNAL, ALTER members SET STORAGE EXTERNAL;

-- registry: who gave what for what, under which words; no contact, no digest of one
CREATE SCHEMA registry;
CREATE TABLE registry.pseudonyms (
    subject text NOT NULL,
    compartment text NOT NULL,
    pseudonym uuid NOT NULL,
    PRIMARY KEY (subject, compartment)
);
CREATE INDEX ON registry.pseudonyms (pseudonym);
CREATE TABLE registry.notices (
    purpose text NOT NULL,
    version text NOT NULL,
    language text NOT NULL,
    digest bytea NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (purpose, version)
);
CREATE TABLE registry.givings (
    subject text NOT NULL,
    giving uuid NOT NULL,
    purpose text NOT NULL,
    kind text NOT NULL,
    notice bytea NOT NULL,
    country text,
    given_at timestamptz NOT NULL,
    expires_at timestamptz,
    entry bigint NOT NULL,
    PRIMARY KEY (subject, giving)
);
CREATE INDEX ON registry.givings (entry);
CREATE INDEX ON registry.givings (giving);
-- which entries of givings came of one import
CREATE TABLE registry.imports (
    import text NOT NULL,
    entry bigint NOT NULL,
    PRIMARY KEY (import, entry)
);
CREATE TABLE registry.endings (
    subject text NOT NULL,
    giving uuid NOT NULL,
    ended_at timestamptz NOT NULL,
    entry bigint NOT NULL,
    PRIMARY KEY (subject, giving)
);
CREATE INDEX ON registry.endings (entry);

-- ledger: the log's entries, byte for byte; what opens an entry's commitments; its signed heads
CREATE SCHEMA ledger;
CREATE TABLE ledger.entries (
    sequence bigint PRIMARY KEY,
    body bytea NOT NULL,
    mac bytea NOT NULL
);
-- an entry of a match is found by its upload, and all of them without reading the others
CREATE INDEX ON ledger.entries (substring(encode(body, 'escape') FROM '"upload":"([0-9a-f-]{36})"'))
WHERE substring(encode(body, 'escape') FROM '"upload":"([0-9a-f-]{36})"') IS NOT NULL;
-- `nodes`: of a large tree of commitments, so that one is shown without hashing all;
-- `kept`: the numbers an entry commits to, a bitmap, where no other table has them
CREATE TABLE ledger.secrets (
    sequence bigint PRIMARY KEY,
    secret bytea NOT NULL,
    nodes bytea,
    kept bytea
);
CREATE INDEX ON ledger.secrets (sequence) WHERE kept IS NOT NULL;
-- the ids an entry commits to, in their places, where no other table has them
CREATE TABLE ledger.about (
    id uuid NOT NULL,
    sequence bigint NOT NULL,
    place integer NOT NULL,
    PRIMARY KEY (id, sequence, place)
);
CREATE INDEX ON ledger.about (sequence);
-- what an officer stopped, for which incident: an advertiser, an audience, a partner, a purpose
CREATE TABLE ledger.stops (
    what text NOT NULL,
    name text NOT NULL,
    incident text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (what, name, incident)
);
CREATE TABLE ledger.checkpoints (
    size bigint PRIMARY KEY,
    note text NOT NULL,
    frontier bytea NOT NULL,
    time timestamptz NOT NULL
);
CREATE TABLE ledger.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    size bigint NOT NULL,
    time timestamptz NOT NULL,
    frontier bytea NOT NULL
);
INSERT INTO ledger.head (size, time, frontier) VALUES (0, '1970-01-01T00:00:00Z', '');

-- One appender: who reserves holds the head until its transaction ends. The functions run with their
-- owner's rights, so that the desk can write entries and still read none.
CREATE FUNCTION ledger.reserve(OUT size bigint, OUT "time" timestamptz, OUT frontier bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS 'SELECT h.size, h.time, h.frontier FROM ledger.head h FOR UPDATE';

CREATE FUNCTION ledger.append(
    first bigint, at timestamptz, new_frontier bytea, bodies bytea[], macs bytea[], secrets bytea[],
    nodes bytea[], kept bytea[],
    about_entries integer[], about_ids uuid[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    UPDATE ledger.head h SET size = first + cardinality(bodies), "time" = at, frontier = new_frontier
    WHERE h.size = first;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the ledger has moved on';
    END IF;
    INSERT INTO ledger.entries (sequence, body, mac)
    SELECT first + e.place - 1, e.body, e.mac
    FROM unnest(bodies, macs) WITH ORDINALITY AS e (body, mac, place);
    INSERT INTO ledger.secrets (sequence, secret, nodes, kept)
    SELECT first + s.place - 1, s.secret, s.nodes, s.kept
    FROM unnest(secrets, nodes, kept) WITH ORDINALITY AS s (secret, nodes, kept, place) WHERE s.secret IS NOT NULL;
    INSERT INTO ledger.about (id, sequence, place)
    SELECT a.id, first + a.entry, row_number() OVER (PARTITION BY a.entry ORDER BY a.place) - 1
    FROM unnest(about_entries, about_ids) WITH ORDINALITY AS a (entry, id, place);
END $$;
REVOKE ALL ON FUNCTION ledger.reserve, ledger.append FROM PUBLIC;
