-- What was written before the knowledge base had a stream is in it from here on.
insert into feed (stream, kind, id, seq, op, since_seq, changed_at)
  select 'kb:main', 'article', a.id, (select count(*) from article b where b.state <> 'retired' and b.id <= a.id), 'put',
    (select count(*) from article b where b.state <> 'retired' and b.id <= a.id), a.changed_at
  from article a where a.state <> 'retired';
insert into feed (stream, kind, id, seq, op, since_seq, changed_at)
  select 'kb:main', 'synonyms', 'main', (select count(*) + 1 from article where state <> 'retired'), 'put',
    (select count(*) + 1 from article where state <> 'retired'), s.made_at
  from article_synonyms s where s.ver = (select max(ver) from article_synonyms);
insert into stream (id, seq)
  select stream, max(seq) from feed where stream = 'kb:main' group by stream;
