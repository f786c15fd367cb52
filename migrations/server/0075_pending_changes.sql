-- A yes looks for changes that no job has carried through yet. Few jobs are of these kinds, so these indexes cost the others
-- nothing.
create index job_expert_away on job (subject) where kind = 'expert_away';
create index job_rule_changed on job (id) where kind = 'rule_changed';
