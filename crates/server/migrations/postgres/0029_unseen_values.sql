-- owner: environments
-- A value with hosts that it may be sent to (a list in JSON) is used without being seen; `owner` set it, and alone may see it.
alter table environment_value add column bound_to text;
alter table environment_value add column owner text references person (id);
