-- The version of a ticket in which its address was corrected while somebody held it; none once he has seen it, or once the
-- ticket is no longer his.
alter table ticket add column corrected_ver bigint;
