-- Safe from: 0006
-- Formerly: 59948b36b16e941500691f49dcdaf6c98ff3c14b5eb50c14202f791679087aca
-- The transfers of an atomic batch share a group. The index is made by 0027_indexes.
ALTER TABLE transfers ADD COLUMN group_id uuid;
