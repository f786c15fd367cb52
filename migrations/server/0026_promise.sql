-- Since when a ticket is on hold: the plan's promise stands still until it goes on. None for those held before this.
alter table ticket add column held_at bigint;

-- How the round that a decision belongs to was settled: 'greedy' where the time for the optimum ran out. None means
-- the optimum, as in all rounds before this.
alter table decision add column settled text;
create index decision_greedy on decision (made_at) where settled is not null;
