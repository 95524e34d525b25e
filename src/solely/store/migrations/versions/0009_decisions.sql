-- a campaign: whom an advertiser wants to reach, by audiences of their own and of one purpose; ends_at NULL: no end
CREATE TABLE advertising.campaigns (
    advertiser text NOT NULL,
    name text NOT NULL,
    purpose text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'paused')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    PRIMARY KEY (advertiser, name)
);
CREATE TABLE advertising.campaign_audiences (
    advertiser text NOT NULL,
    campaign text NOT NULL,
    audience text NOT NULL,
    side text NOT NULL CHECK (side IN ('include', 'exclude')),
    PRIMARY KEY (advertiser, campaign, audience)
);
CREATE INDEX ON advertising.uploads (advertiser, audience);
-- counts the changes of campaigns and audiences: who holds them in memory reads this one number to see that they stand
CREATE TABLE advertising.version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL
);
INSERT INTO advertising.version (number) VALUES (0);
