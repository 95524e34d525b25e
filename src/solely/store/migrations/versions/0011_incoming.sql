-- a list that is being sent, or was, and what its sender is told of it; `salt` is half of what opens its sealed file
CREATE TABLE advertising.incoming (
    advertiser text NOT NULL,
    upload uuid NOT NULL,
    audience text NOT NULL,
    partner text,
    purpose text NOT NULL,
    options jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('receiving', 'processing', 'ready', 'too-small', 'refused')),
    begun_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    salt bytea,
    length bigint,
    tries integer NOT NULL DEFAULT 0,
    whole_at timestamptz, -- when all of it had come
    due_at timestamptz,  -- when what came of it is told, where it was matched
    told jsonb,
    PRIMARY KEY (advertiser, upload)
);
CREATE INDEX ON advertising.incoming (state) WHERE state IN ('receiving', 'processing');
