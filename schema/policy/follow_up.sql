-- SPDX-License-Identifier: BSD-2-Clause
-- SPDX-FileCopyrightText: 2026 The vmauthz authors
--
-- What follows from a change of one table in the others.

-- --- renaming and deleting ---------------------------------------------------
--
-- Rows that name a user, a VM, a group or a pool follow its new name, and are
-- deleted with it.  A deny is never deleted so: its user, VM, group or pool
-- can't be deleted before it.

CREATE TRIGGER users_delete_refused BEFORE DELETE ON users
BEGIN
	INSERT INTO refusals SELECT 'users: grant ' || id || ' denies "' || old.name || '" something, delete it first or set enabled = 0'
	FROM grants WHERE who = old.name AND effect <> 'allow' LIMIT 1;
END;
CREATE TRIGGER users_deleted AFTER DELETE ON users
BEGIN
	DELETE FROM credentials WHERE user_name = old.name;
	DELETE FROM group_members WHERE user_name = old.name;
	DELETE FROM grants WHERE who = old.name;
END;
CREATE TRIGGER users_renamed AFTER UPDATE OF name ON users
WHEN new.name <> old.name
BEGIN
	UPDATE credentials SET user_name = new.name WHERE user_name = old.name;
	UPDATE group_members SET user_name = new.name WHERE user_name = old.name;
	UPDATE grants SET who = new.name WHERE who = old.name;
END;

CREATE TRIGGER vms_delete_refused BEFORE DELETE ON vms
BEGIN
	INSERT INTO refusals SELECT 'vms: grant ' || id || ' denies "' || old.name || '" to somebody, delete it first or set enabled = 0'
	FROM grants WHERE vm = old.name AND effect <> 'allow' LIMIT 1;
END;
CREATE TRIGGER vms_deleted AFTER DELETE ON vms
BEGIN
	DELETE FROM pool_members WHERE vm_name = old.name;
	DELETE FROM grants WHERE vm = old.name;
END;
CREATE TRIGGER vms_renamed AFTER UPDATE OF name ON vms
WHEN new.name <> old.name
BEGIN
	UPDATE pool_members SET vm_name = new.name WHERE vm_name = old.name;
	UPDATE grants SET vm = new.name WHERE vm = old.name;
END;

-- Through a group inside another one a deny may reach its members, too.
CREATE TRIGGER groups_delete_refused BEFORE DELETE ON groups
BEGIN
	INSERT INTO refusals SELECT 'groups: grant ' || id || ' denies the members of "' || old.name || '" something, delete it first, or their rows in group_members'
	FROM grants WHERE effect <> 'allow' AND substr(who, 1, 1) = '%'
		AND (substr(who, 2) = old.name OR substr(who, 2) IN (
			WITH RECURSIVE above (name) AS (SELECT old.name
				UNION SELECT group_name FROM group_members
				JOIN above ON user_name = '%' || above.name)
			SELECT name FROM above)
			AND EXISTS (SELECT 1 FROM group_members WHERE group_name = old.name))
	LIMIT 1;
END;
CREATE TRIGGER groups_deleted AFTER DELETE ON groups
BEGIN
	DELETE FROM group_members WHERE group_name = old.name OR user_name = '%' || old.name;
	DELETE FROM grants WHERE who = '%' || old.name;
END;
CREATE TRIGGER groups_renamed AFTER UPDATE OF name ON groups
WHEN new.name <> old.name
BEGIN
	UPDATE group_members SET group_name = new.name WHERE group_name = old.name;
	UPDATE group_members SET user_name = '%' || new.name WHERE user_name = '%' || old.name;
	UPDATE grants SET who = '%' || new.name WHERE who = '%' || old.name;
END;

CREATE TRIGGER pools_delete_refused BEFORE DELETE ON pools
BEGIN
	INSERT INTO refusals SELECT 'pools: grant ' || id || ' denies the VMs of "' || old.name || '" to somebody, delete it first'
	FROM grants WHERE vm = '%' || old.name AND effect <> 'allow' LIMIT 1;
END;
CREATE TRIGGER pools_deleted AFTER DELETE ON pools
BEGIN
	DELETE FROM pool_members WHERE pool_name = old.name;
	DELETE FROM grants WHERE vm = '%' || old.name;
END;
CREATE TRIGGER pools_renamed AFTER UPDATE OF name ON pools
WHEN new.name <> old.name
BEGIN
	UPDATE pool_members SET pool_name = new.name WHERE pool_name = old.name;
	UPDATE grants SET vm = '%' || new.name WHERE vm = '%' || old.name;
END;
