CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT, value REAL);
CREATE INDEX word_text ON word (text);
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 20000)
INSERT INTO word (text, value) SELECT printf('%x-%05d', n * 7919, n), n * 0.37 FROM number;
WITH RECURSIVE round (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM round)
SELECT n, (SELECT group_concat(text, ',') FROM (SELECT text FROM word WHERE id % 97 = n % 97 ORDER BY value DESC)),
    (SELECT count(DISTINCT substr(text, 1, 2)) FROM word WHERE text LIKE '%a%' AND id BETWEEN n % 999 AND 1900),
    (SELECT max(json_extract(json_object('a', text, 'b', value), '$.a')) FROM word WHERE id < n % 300),
    (SELECT sum(rank) FROM (SELECT rank() OVER (PARTITION BY id % 7 ORDER BY text) AS rank FROM word WHERE id < 400))
FROM round;
