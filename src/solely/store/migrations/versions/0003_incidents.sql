-- what an officer knows of what should not have been; every version is kept, and none is changed
CREATE TABLE registry.incidents (
    incident text NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    officer text NOT NULL,
    content jsonb NOT NULL,
    entry bigint NOT NULL,
    PRIMARY KEY (incident, version)
);
-- who is told of an incident, and how far that has come
CREATE TABLE registry.notified (
    subject text NOT NULL,
    incident text NOT NULL,
    state text NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    giving uuid,
    why text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (subject, incident)
);
CREATE INDEX ON registry.notified (incident, state);
