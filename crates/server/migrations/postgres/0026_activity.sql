-- owner: audit
-- Where an event happened, for what a workspace shows of the log: its workspace, and the collection or environment in it.
-- `shown` is the kind of change that it is to those who may open the workspace, and null for what they are not shown. No part
-- of the leaf.
alter table audit_event add column workspace text;
alter table audit_event add column element text;
alter table audit_event add column shown text;
update audit_event set workspace = target where target_kind = 'workspace';
update audit_event set element = target, workspace = (select collection.workspace from collection
    where collection.id = audit_event.target) where target_kind = 'collection';
update audit_event set element = target, workspace = (select environment.workspace from environment
    where environment.id = audit_event.target) where target_kind = 'environment';
update audit_event set element = (select item.collection from item where item.id = audit_event.target),
    workspace = (select collection.workspace from item join collection on collection.id = item.collection
    where item.id = audit_event.target) where target_kind = 'item';
update audit_event set shown = case
    when action in ('collection.create', 'collection.import', 'collection.update', 'collection.transfer', 'collection.delete',
        'item.create', 'item.update', 'item.move', 'item.duplicate', 'item.delete') then 'collection'
    when action in ('environment.create', 'environment.import', 'environment.update', 'environment.transfer',
        'environment.delete') then 'environment'
    when action in ('workspace.join', 'workspace.leave', 'workspace.member.update', 'workspace.member.remove',
        'element.member.update', 'workspace.reassign') then 'member'
    when action in ('workspace.create', 'workspace.create.private', 'workspace.create.public', 'workspace.update',
        'workspace.restore', 'workspace.visibility.update', 'workspace.visibility.private', 'workspace.visibility.public',
        'workspace.publish.decide', 'transfer.accept', 'trash.restore', 'trash.purge') then 'workspace' end
    where workspace is not null and outcome = 'done';
create index audit_event_shown on audit_event (team, workspace, sequence) where shown is not null;
