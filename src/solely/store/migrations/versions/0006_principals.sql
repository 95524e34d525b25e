-- who may call this compartment. A name is never given to another kind; `purposes` is null where it is not narrowed
CREATE TABLE {schema}.principals (
    name text PRIMARY KEY,
    kind text NOT NULL,
    acts text[] NOT NULL,
    purposes text[],
    added_at timestamptz NOT NULL,
    ended_at timestamptz
);
-- their keys: the SHA-256 of 32 random bytes, and never the key. Which day one was last used is enough to find those
-- that nobody uses, and costs one write a day
CREATE TABLE {schema}.api_keys (
    key uuid PRIMARY KEY,
    name text NOT NULL REFERENCES {schema}.principals,
    digest bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    used_on date
);
CREATE INDEX ON {schema}.api_keys (name);
-- what takes two officers: asked by one, approved by another, open until a time. `person` is somebody's pseudonym, so
-- that this leads to nobody once they are erased
CREATE TABLE {schema}.approvals (
    approval uuid PRIMARY KEY,
    act text NOT NULL,
    scope text,
    person uuid,
    reason text NOT NULL,
    case_ref text NOT NULL,
    minutes integer NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    approved_by text CHECK (approved_by <> asked_by),
    approved_at timestamptz,
    until timestamptz,
    ended_by text,
    ended_at timestamptz,
    uses integer NOT NULL DEFAULT 0,
    CHECK ((scope IS NULL) <> (person IS NULL))
);
CREATE INDEX ON {schema}.approvals (asked_at);
