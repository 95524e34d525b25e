-- what an officer knows of what should not have been; every version is kept, and none is changed. The content is
-- JSON as text, byte for byte what its ledger entry has the SHA-256 of
CREATE TABLE registry.incidents (
    incident text NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    officer text NOT NULL,
    content text NOT NULL,
    entry bigint NOT NULL,
    PRIMARY KEY (incident, version)
);
-- who is told of an incident, and how far that has come. `send` is one id for all tries, by which a server of mail
-- can tell that it knows the message; `refused` are givings whose contact takes no messages; `version` is the
-- incident's, whose question named the person
CREATE TABLE registry.notified (
    subject text NOT NULL,
    incident text NOT NULL,
    send uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    tries integer NOT NULL DEFAULT 0,
    giving uuid,
    refused uuid[] NOT NULL DEFAULT '{}',
    why text,
    next_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (subject, incident)
);
CREATE INDEX ON registry.notified (incident, state, subject);
