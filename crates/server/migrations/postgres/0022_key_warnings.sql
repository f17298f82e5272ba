-- owner: api_keys
-- Of which end the owner of a key was warned last, and how many days before it.
alter table api_key add column warned_of bigint not null default 0;
alter table api_key add column warned_days bigint not null default 0;
