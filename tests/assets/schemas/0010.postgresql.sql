CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.catalogue_state (
    id integer NOT NULL,
    digest character varying(64) NOT NULL,
    version bigint DEFAULT '0'::bigint NOT NULL
);
CREATE SEQUENCE public.catalogue_state_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.catalogue_state_id_seq OWNED BY public.catalogue_state.id;
CREATE TABLE public.feedback (
    id bigint NOT NULL,
    user_id character varying(64) NOT NULL,
    item_id integer NOT NULL,
    action character varying(8) NOT NULL,
    emotion character varying(8),
    at_ms bigint NOT NULL,
    idempotency_key character varying(128)
);
CREATE SEQUENCE public.feedback_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.feedback_id_seq OWNED BY public.feedback.id;
CREATE TABLE public.items (
    id integer NOT NULL,
    key character varying(300) NOT NULL,
    medium character varying(8) NOT NULL,
    title character varying(300) NOT NULL,
    creator character varying(200),
    year integer,
    url character varying(2000) NOT NULL,
    genres character varying(300) NOT NULL,
    emotions integer NOT NULL,
    valence double precision NOT NULL,
    arousal double precision NOT NULL,
    affect_source character varying(40) NOT NULL,
    affect_confidence double precision NOT NULL,
    quality double precision NOT NULL,
    popularity double precision NOT NULL,
    prior double precision NOT NULL,
    cell integer NOT NULL,
    search text NOT NULL,
    shipped boolean DEFAULT false NOT NULL,
    edited boolean DEFAULT false NOT NULL,
    removed boolean DEFAULT false NOT NULL,
    kind character varying(10) DEFAULT 'work'::character varying NOT NULL,
    tags character varying(600) DEFAULT ''::character varying NOT NULL,
    language character varying(2),
    runtime_min integer,
    explicit boolean,
    age_rating character varying(20),
    image_url character varying(2000),
    family boolean DEFAULT false NOT NULL,
    sensitive boolean DEFAULT false NOT NULL,
    work character varying(300) DEFAULT ''::character varying NOT NULL
);
CREATE SEQUENCE public.items_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.items_id_seq OWNED BY public.items.id;
CREATE TABLE public.neighbours (
    item_id integer NOT NULL,
    neighbour_id integer NOT NULL,
    nearness double precision NOT NULL,
    users integer NOT NULL
);
CREATE TABLE public.user_items (
    user_id character varying(64) NOT NULL,
    item_id integer NOT NULL,
    at_ms bigint NOT NULL,
    verdict character varying(8),
    verdict_ms bigint,
    seen_ms bigint,
    saved_ms bigint,
    opened_ms bigint,
    blocked_until_ms bigint NOT NULL
);
CREATE TABLE public.users (
    user_id character varying(64) NOT NULL,
    used_day integer NOT NULL
);
ALTER TABLE ONLY public.catalogue_state ALTER COLUMN id SET DEFAULT nextval('public.catalogue_state_id_seq'::regclass);
ALTER TABLE ONLY public.feedback ALTER COLUMN id SET DEFAULT nextval('public.feedback_id_seq'::regclass);
ALTER TABLE ONLY public.items ALTER COLUMN id SET DEFAULT nextval('public.items_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0010');
INSERT INTO public.catalogue_state VALUES (1, 'an earlier catalogue', 0);
INSERT INTO public.feedback VALUES (3, 'someone', 7, 'like', 'sad', 1790000000000, 'k1');
INSERT INTO public.items VALUES (7, 'web:example.org/kept', 'movie', 'Kept', 'Ada', 1999, 'https://example.org/kept', 'drama|war', 8, -0.5, 0.25, 'made', 0.8, 0.6, 0.4, 0.5, 34, 'kept ada', false, true, false, 'work', 'grief|hope', 'en', 96, NULL, 'PG', NULL, true, false, 'movie:kept:ada:1999');
INSERT INTO public.items VALUES (8, 'web:example.org/gone', 'song', 'Gone', NULL, NULL, 'https://example.org/gone', '', 0, 0, 0, 'made', 0.3, 0.5, 0.5, 0.4, 36, 'gone', true, false, true, 'work', '', NULL, NULL, NULL, NULL, NULL, false, false, 'song:gone::');
INSERT INTO public.user_items VALUES ('someone', 7, 1790000000000, 'like', 1790000000000, NULL, NULL, NULL, 1797776000000);
INSERT INTO public.users VALUES ('someone', 20717);
SELECT pg_catalog.setval('public.catalogue_state_id_seq', 1, true);
SELECT pg_catalog.setval('public.feedback_id_seq', 3, true);
SELECT pg_catalog.setval('public.items_id_seq', 8, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.catalogue_state
    ADD CONSTRAINT catalogue_state_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_user_id_idempotency_key_key UNIQUE (user_id, idempotency_key);
ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_key_key UNIQUE (key);
ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.neighbours
    ADD CONSTRAINT neighbours_pkey PRIMARY KEY (item_id, neighbour_id);
ALTER TABLE ONLY public.user_items
    ADD CONSTRAINT user_items_pkey PRIMARY KEY (user_id, item_id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);
CREATE INDEX ix_feedback_history ON public.feedback USING btree (user_id, id);
CREATE INDEX ix_items_cell ON public.items USING btree (medium, cell, prior);
CREATE INDEX ix_items_creator ON public.items USING btree (medium, creator, prior);
CREATE INDEX ix_items_curated ON public.items USING btree (medium, prior) WHERE (emotions <> 0);
CREATE INDEX ix_items_listing ON public.items USING btree (medium, id);
CREATE INDEX ix_items_prior ON public.items USING btree (medium, prior);
CREATE INDEX ix_items_words ON public.items USING gin (array_to_tsvector(string_to_array(search, ' '::text)));
CREATE INDEX ix_items_work ON public.items USING btree (work);
CREATE INDEX ix_user_items_recent ON public.user_items USING btree (user_id, at_ms);
CREATE INDEX ix_users_used ON public.users USING btree (used_day);
ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_item_id_fkey FOREIGN KEY (item_id) REFERENCES public.items(id);
ALTER TABLE ONLY public.neighbours
    ADD CONSTRAINT neighbours_item_id_fkey FOREIGN KEY (item_id) REFERENCES public.items(id);
ALTER TABLE ONLY public.neighbours
    ADD CONSTRAINT neighbours_neighbour_id_fkey FOREIGN KEY (neighbour_id) REFERENCES public.items(id);
ALTER TABLE ONLY public.user_items
    ADD CONSTRAINT user_items_item_id_fkey FOREIGN KEY (item_id) REFERENCES public.items(id);
