BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0010');
CREATE TABLE catalogue_state (
	id INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, version BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "catalogue_state" VALUES(1,'an earlier catalogue',0);
CREATE TABLE feedback (
	id INTEGER NOT NULL, 
	user_id VARCHAR(64) NOT NULL, 
	item_id INTEGER NOT NULL, 
	action VARCHAR(8) NOT NULL, 
	emotion VARCHAR(8), 
	at_ms BIGINT NOT NULL, 
	idempotency_key VARCHAR(128), 
	PRIMARY KEY (id), 
	UNIQUE (user_id, idempotency_key), 
	FOREIGN KEY(item_id) REFERENCES items (id)
);
INSERT INTO "feedback" VALUES(3,'someone',7,'like','sad',1790000000000,'k1');
CREATE TABLE items (
	id INTEGER NOT NULL, 
	"key" VARCHAR(300) NOT NULL, 
	medium VARCHAR(8) NOT NULL, 
	title VARCHAR(300) NOT NULL, 
	creator VARCHAR(200), 
	year INTEGER, 
	url VARCHAR(2000) NOT NULL, 
	genres VARCHAR(300) NOT NULL, 
	emotions INTEGER NOT NULL, 
	valence DOUBLE NOT NULL, 
	arousal DOUBLE NOT NULL, 
	affect_source VARCHAR(40) NOT NULL, 
	affect_confidence DOUBLE NOT NULL, 
	quality DOUBLE NOT NULL, 
	popularity DOUBLE NOT NULL, 
	prior DOUBLE NOT NULL, 
	cell INTEGER NOT NULL, 
	search TEXT NOT NULL, 
	shipped BOOLEAN DEFAULT 0 NOT NULL, 
	edited BOOLEAN DEFAULT 0 NOT NULL, 
	removed BOOLEAN DEFAULT 0 NOT NULL, kind VARCHAR(10) DEFAULT 'work' NOT NULL, tags VARCHAR(600) DEFAULT '' NOT NULL, language VARCHAR(2), runtime_min INTEGER, explicit BOOLEAN, age_rating VARCHAR(20), image_url VARCHAR(2000), family BOOLEAN DEFAULT 0 NOT NULL, sensitive BOOLEAN DEFAULT 0 NOT NULL, work VARCHAR(300) DEFAULT '' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
INSERT INTO "items" VALUES(7,'web:example.org/kept','movie','Kept','Ada',1999,'https://example.org/kept','drama|war',8,-0.5,0.25,'made',0.8,0.6,0.4,0.5,34,'kept ada',0,1,0,'work','grief|hope','en',96,NULL,'PG',NULL,1,0,'movie:kept:ada:1999');
INSERT INTO "items" VALUES(8,'web:example.org/gone','song','Gone',NULL,NULL,'https://example.org/gone','',0,0.0,0.0,'made',0.3,0.5,0.5,0.4,36,'gone',1,0,1,'work','',NULL,NULL,NULL,NULL,NULL,0,0,'song:gone::');
CREATE TABLE neighbours (
	item_id INTEGER NOT NULL, 
	neighbour_id INTEGER NOT NULL, 
	nearness DOUBLE NOT NULL, 
	users INTEGER NOT NULL, 
	PRIMARY KEY (item_id, neighbour_id), 
	FOREIGN KEY(item_id) REFERENCES items (id), 
	FOREIGN KEY(neighbour_id) REFERENCES items (id)
);
CREATE TABLE "user_items" (
	user_id VARCHAR(64) NOT NULL, 
	item_id INTEGER NOT NULL, 
	at_ms BIGINT NOT NULL, 
	verdict VARCHAR(8), 
	verdict_ms BIGINT, 
	seen_ms BIGINT, 
	saved_ms BIGINT, 
	opened_ms BIGINT, 
	blocked_until_ms BIGINT NOT NULL, 
	PRIMARY KEY (user_id, item_id), 
	FOREIGN KEY(item_id) REFERENCES items (id)
);
INSERT INTO "user_items" VALUES('someone',7,1790000000000,'like',1790000000000,NULL,NULL,NULL,1797776000000);
CREATE TABLE users (
	user_id VARCHAR(64) NOT NULL, 
	used_day INTEGER NOT NULL, 
	PRIMARY KEY (user_id)
);
INSERT INTO "users" VALUES('someone',20717);
CREATE VIRTUAL TABLE items_words USING fts5(
    search, content='items', content_rowid='id', detail=none, columnsize=0, prefix='1 2 3',
    tokenize="ascii tokenchars '_+#$%='"
);
INSERT INTO items_words(items_words) VALUES ('rebuild');
CREATE INDEX ix_items_cell ON items (medium, cell, prior);
CREATE INDEX ix_items_prior ON items (medium, prior);
CREATE INDEX ix_items_listing ON items (medium, id);
CREATE INDEX ix_items_curated ON items (medium, prior) WHERE emotions <> 0;
CREATE INDEX ix_feedback_history ON feedback (user_id, id);
CREATE INDEX ix_user_items_recent ON user_items (user_id, at_ms);
CREATE INDEX ix_users_used ON users (used_day);
CREATE INDEX ix_items_work ON items (work);
CREATE INDEX ix_items_creator ON items (medium, creator, prior);
CREATE TRIGGER items_words_insert AFTER INSERT ON items
BEGIN INSERT INTO items_words(rowid, search) VALUES (new.id, new.search); END;
CREATE TRIGGER items_words_delete AFTER DELETE ON items
BEGIN INSERT INTO items_words(items_words, rowid, search) VALUES ('delete', old.id, old.search); END;
CREATE TRIGGER items_words_update AFTER UPDATE OF search ON items WHEN old.search <> new.search
BEGIN
    INSERT INTO items_words(items_words, rowid, search) VALUES ('delete', old.id, old.search);
    INSERT INTO items_words(rowid, search) VALUES (new.id, new.search);
END;
COMMIT;
