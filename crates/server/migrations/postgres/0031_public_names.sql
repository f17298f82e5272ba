-- owner: workspaces
-- The public workspaces of a team have names of their own, without regard to case. Of those that were given the same name at
-- once before this was held, the later ones get another.
update workspace set name = substr(name, 1, 200) || ' (' || id || ')'
where kind = 'public' and deleted_at is null and exists (select 1 from workspace other
    where other.team = workspace.team and other.kind = 'public' and other.deleted_at is null and other.id < workspace.id
    and lower(other.name) = lower(workspace.name));
create unique index workspace_public_name on workspace (team, lower(name)) where kind = 'public' and deleted_at is null;
