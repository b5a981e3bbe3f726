-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- Views for the administrator: who may do what, and what looks wrong.

-- --- views -------------------------------------------------------------------

-- The users in a group, also through the groups in it.
CREATE VIEW memberships (group_name, user_name) AS
WITH RECURSIVE inside (group_name, member) AS (
	SELECT group_name, user_name FROM group_members
	UNION SELECT inside.group_name, group_members.user_name
	FROM inside JOIN group_members ON group_members.group_name = substr(inside.member, 2)
	WHERE substr(inside.member, 1, 1) = '%')
SELECT group_name, member FROM inside WHERE substr(member, 1, 1) <> '%';

-- The users and the VMs that a grant is about.
CREATE VIEW grant_users (grant_id, user) AS
SELECT id, who FROM grants WHERE substr(who, 1, 1) NOT IN ('*', '%')
UNION ALL SELECT id, users.name FROM grants JOIN users WHERE who = '*'
UNION ALL SELECT id, users.name FROM grants
	CROSS JOIN users ON substr(users.name, 1 - length(who)) = substr(who, 2)
	WHERE who GLOB '[*]@*'
UNION ALL SELECT id, user_name FROM grants
	JOIN memberships ON group_name = substr(who, 2) WHERE substr(who, 1, 1) = '%';

CREATE VIEW grant_vms (grant_id, vm) AS
SELECT id, vm FROM grants WHERE substr(vm, 1, 1) NOT IN ('*', '%')
UNION ALL SELECT id, vms.name FROM grants JOIN vms WHERE grants.vm = '*'
UNION ALL SELECT id, vm_name FROM grants
	JOIN pool_members ON pool_name = substr(vm, 2) WHERE substr(vm, 1, 1) = '%';

-- The denies that have not ended, with their service, and whether they have
-- conditions (always: 1 if not).
CREATE VIEW denies (id, who, vm, service, always) AS
SELECT id, who, vm, coalesce(service, 'both'),
	coalesce($conditions()) IS NULL
FROM grants WHERE effect = 'deny'
	AND (not_after IS NULL OR not_after > strftime('%Y-%m-%d %H:%M', 'now'));

-- Who may open what under which conditions, one row for each user, VM and grant.
-- Users whom a deny without conditions refuses are left out.
-- denied_by: the denies that refuse the user under conditions of their own.
CREATE VIEW access (user, vm, service, $conditions(),
	grant_id, denied_by) AS
SELECT users.name, vms.name, coalesce(grants.service, 'spice'),
	$conditions(grants.),
	grants.id, group_concat(denies.id, ', ')
FROM grants
JOIN grant_users ON grant_users.grant_id = grants.id
JOIN grant_vms ON grant_vms.grant_id = grants.id
JOIN users ON users.name = grant_users.user
JOIN vms ON vms.name = grant_vms.vm
LEFT JOIN denies ON (denies.service IN ('both', coalesce(grants.service, 'spice'))
		OR grants.service = 'both')
	AND (denies.who IN (users.name, '*')
		OR denies.who GLOB '[*]@*'
		AND substr(users.name, 1 - length(denies.who)) = substr(denies.who, 2)
		OR substr(denies.who, 1, 1) = '%' AND substr(denies.who, 2) IN (
			WITH RECURSIVE above (name) AS (
				SELECT group_name FROM group_members WHERE user_name = users.name
				UNION SELECT group_name FROM group_members
				JOIN above ON user_name = '%' || above.name)
			SELECT name FROM above))
	AND (denies.vm IN (vms.name, '*')
		OR substr(denies.vm, 1, 1) = '%' AND substr(denies.vm, 2) IN (
			SELECT pool_name FROM pool_members WHERE vm_name = vms.name))
WHERE effect = 'allow' AND users.enabled AND vms.enabled
	AND (users.expires IS NULL OR users.expires > strftime('%Y-%m-%d %H:%M', 'now'))
	AND (not_after IS NULL OR not_after > strftime('%Y-%m-%d %H:%M', 'now'))
GROUP BY users.name, vms.name, grants.id
HAVING NOT coalesce(max(denies.always
		AND denies.service IN ('both', coalesce(grants.service, 'spice')))
	OR max(denies.always AND denies.service = 'spice')
		AND max(denies.always AND denies.service = 'vnc'), 0);

-- What looks wrong in the policy, and why.
CREATE VIEW problems (what, name, why) AS
SELECT 'user', name, 'has no credential: no SCRAM mechanism lets them in, see vmauthz passwd'
FROM users WHERE name NOT IN (SELECT user_name FROM credentials)
UNION ALL
SELECT 'user', name, 'is disabled and has grants'
FROM users WHERE NOT enabled AND name IN (SELECT who FROM grants WHERE effect = 'allow')
UNION ALL
SELECT 'user', name, 'has expired and has grants'
FROM users WHERE expires <= strftime('%Y-%m-%d %H:%M', 'now')
	AND name IN (SELECT who FROM grants WHERE effect = 'allow')
UNION ALL
SELECT 'group', name, 'has no members'
FROM groups WHERE name NOT IN (SELECT group_name FROM memberships)
UNION ALL
SELECT 'pool', name, 'has no members'
FROM pools WHERE name NOT IN (SELECT pool_name FROM pool_members)
UNION ALL
SELECT 'vm', name, 'is disabled and has grants'
FROM vms WHERE NOT enabled AND name IN (SELECT vm FROM grants WHERE effect = 'allow')
UNION ALL
SELECT 'vm', name, 'can be opened by nobody'
FROM vms WHERE enabled AND name NOT IN (SELECT vm FROM access)
UNION ALL
SELECT 'grant', id, 'has expired'
FROM grants WHERE not_after <= strftime('%Y-%m-%d %H:%M', 'now')
UNION ALL
SELECT 'grant', id, 'is about no user'
FROM grants WHERE id NOT IN (SELECT grant_id FROM grant_users)
UNION ALL
SELECT 'grant', id, 'is about no VM'
FROM grants WHERE id NOT IN (SELECT grant_id FROM grant_vms)
UNION ALL
SELECT 'grant', grants.id, 'allows nothing, as grant ' || min(denies.id) || ' denies it all'
FROM grants JOIN denies ON denies.always
	AND denies.service IN ('both', coalesce(grants.service, 'spice'))
	AND (denies.who IN (grants.who, '*')
		OR denies.who GLOB '[*]@*' AND substr(denies.who, 2) = substr(grants.who, 1 - length(denies.who))
		OR substr(denies.who, 1, 1) = '%' AND substr(denies.who, 2) IN (
			WITH RECURSIVE above (name) AS (
				SELECT group_name FROM group_members WHERE user_name = grants.who
				UNION SELECT group_name FROM group_members
				JOIN above ON user_name = '%' || above.name)
			SELECT name FROM above))
	AND (denies.vm IN (grants.vm, '*')
		OR substr(denies.vm, 1, 1) = '%' AND substr(denies.vm, 2) IN (
			SELECT pool_name FROM pool_members WHERE vm_name = grants.vm))
WHERE grants.effect = 'allow' GROUP BY grants.id
UNION ALL
SELECT 'grant', id, 'lets every user open every VM'
FROM grants WHERE effect = 'allow' AND who = '*' AND vm = '*'
	AND coalesce($conditions()) IS NULL;
