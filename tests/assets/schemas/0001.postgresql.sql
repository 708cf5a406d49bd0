CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.catalogue_state (
    id integer NOT NULL,
    digest character varying(64) NOT NULL
);
CREATE SEQUENCE public.catalogue_state_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.catalogue_state_id_seq OWNED BY public.catalogue_state.id;
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
    removed boolean DEFAULT false NOT NULL
);
CREATE SEQUENCE public.items_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.items_id_seq OWNED BY public.items.id;
ALTER TABLE ONLY public.catalogue_state ALTER COLUMN id SET DEFAULT nextval('public.catalogue_state_id_seq'::regclass);
ALTER TABLE ONLY public.items ALTER COLUMN id SET DEFAULT nextval('public.items_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.catalogue_state VALUES (1, 'an earlier catalogue');
INSERT INTO public.items VALUES (7, 'movie:kept:ada:1999', 'movie', 'Kept', 'Ada', 1999, 'https://example.org/kept', 'drama|war', 8, -0.5, 0.25, 'made', 0.8, 0.6, 0.4, 0.5, 34, 'kept ada', false, true, false);
INSERT INTO public.items VALUES (8, 'song:gone::', 'song', 'Gone', NULL, NULL, 'https://example.org/gone', '', 0, 0, 0, 'made', 0.3, 0.5, 0.5, 0.4, 36, 'gone', true, false, true);
SELECT pg_catalog.setval('public.catalogue_state_id_seq', 1, true);
SELECT pg_catalog.setval('public.items_id_seq', 8, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.catalogue_state
    ADD CONSTRAINT catalogue_state_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_key_key UNIQUE (key);
ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_pkey PRIMARY KEY (id);
CREATE INDEX ix_items_cell ON public.items USING btree (medium, cell, prior);
CREATE INDEX ix_items_curated ON public.items USING btree (medium, prior) WHERE (emotions <> 0);
CREATE INDEX ix_items_listing ON public.items USING btree (medium, id);
CREATE INDEX ix_items_prior ON public.items USING btree (medium, prior);
