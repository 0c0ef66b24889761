-- Operators read deliveries newest first: of any state, of those that are dead, of one message. The last are found through its receipts; an
-- index by state and another by message were two entries more for each delivery, and two again when it ended.
DROP INDEX delivery_state;
DROP INDEX delivery_message;
CREATE INDEX delivery_number ON delivery (number);
CREATE INDEX delivery_dead ON delivery (number) WHERE state = 'dead';

-- An attempt is written from the row of its delivery (`INSERT … SELECT … JOIN delivery`): to look each up once more proved nothing.
ALTER TABLE attempt DROP CONSTRAINT attempt_delivery_id_fkey;

-- Nothing asks for these two.
DROP INDEX identifier_key;
DROP INDEX event_message;

-- At 60 a third of the deliveries found no room in their page when they were claimed.
ALTER TABLE delivery SET (fillfactor = 45);
