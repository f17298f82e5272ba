-- owner: audit
-- Where an event happened, for what a workspace shows of the log: its workspace, and the collection or environment in it.
-- No part of the leaf.
alter table audit_event add column workspace text;
alter table audit_event add column element text;
update audit_event set workspace = target where target_kind = 'workspace';
update audit_event set element = target, workspace = (select collection.workspace from collection
    where collection.id = audit_event.target) where target_kind = 'collection';
update audit_event set element = target, workspace = (select environment.workspace from environment
    where environment.id = audit_event.target) where target_kind = 'environment';
update audit_event set element = (select item.collection from item where item.id = audit_event.target),
    workspace = (select collection.workspace from item join collection on collection.id = item.collection
    where item.id = audit_event.target) where target_kind = 'item';
create index audit_event_workspace on audit_event (team, workspace, sequence) where workspace is not null;
