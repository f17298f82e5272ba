-- 1 where everybody who is at least a Developer somewhere may make teams; else the Super Admins of the first team alone may.
alter table instance add column developers_create_teams integer not null default 0;
