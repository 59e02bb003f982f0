create schema if not exists _crmctl;
create table if not exists _crmctl.meta (key varchar primary key, value varchar not null);
-- One execution of a step or recipe. What a run left anywhere counts only while `effective`.
create table if not exists _crmctl.runs (
    run bigint primary key, kind varchar not null, command varchar not null, recipe varchar, who varchar,
    crmctl varchar, parameters varchar, status varchar not null, effective boolean not null default false,
    as_of timestamp, as_of_source varchar, started_at timestamp not null, finished_at timestamp, message varchar,
    undone_by bigint);
create table if not exists _crmctl.steps (
    run bigint not null, step integer not null, name varchar not null, command varchar not null, parameters varchar,
    fingerprint varchar, status varchar not null, seconds double, notes varchar);
create table if not exists _crmctl.inputs (
    run bigint not null, step integer not null, kind varchar not null, name varchar not null, sha256 varchar,
    size bigint, records bigint, version bigint, decision varchar);
create table if not exists _crmctl.ledger (
    run bigint not null, step integer not null, subject varchar not null, name varchar not null,
    read bigint, loaded bigint, rejected bigint, skipped bigint,
    rows_in bigint, rows_out bigint, merged bigint, removed bigint, added bigint, changed bigint, reasons varchar);
create table if not exists _crmctl.changes (
    run bigint not null, step integer not null, dataset varchar not null, field varchar not null,
    cells bigint not null);
create table if not exists _crmctl.versions (
    version bigint primary key, dataset varchar not null, run bigint not null, step integer not null,
    parent bigint, rows bigint not null, columns varchar not null, keys varchar not null, schema varchar,
    fingerprint varchar, published boolean not null default false);
create table if not exists _crmctl.heads (dataset varchar primary key, version bigint not null);
create table if not exists _crmctl.moves (
    run bigint not null, dataset varchar not null, from_version bigint, to_version bigint);
-- Which runs an undo turned off or on again.
create table if not exists _crmctl.undos (run bigint not null, target bigint not null, effective boolean not null);
create table if not exists _crmctl.findings (
    run bigint not null, step integer not null, dataset varchar not null, _id bigint, field varchar,
    status varchar not null, reason varchar, value varchar, new_value varchar, source varchar, line bigint);
create table if not exists _crmctl.rejects (
    run bigint not null, step integer not null, dataset varchar, _id bigint, source varchar, file varchar,
    line bigint, reason varchar not null, raw varchar);
create table if not exists _crmctl.check_results (
    run bigint not null, step integer not null, dataset varchar not null, name varchar not null, kind varchar,
    field varchar, severity varchar, rows bigint, failed bigint, outcome varchar not null, message varchar);
-- Side state: logs by run; the newest effective run's word holds.
-- Ids hardly compress, and trying to takes longer than writing them.
create table if not exists _crmctl.ids (
    run bigint not null, dataset varchar not null, source varchar not null,
    source_id varchar not null using compression uncompressed, _id bigint not null);
-- Rows without a source id are known by what they said: a digest, and which of equal rows it is.
create table if not exists _crmctl.contents (
    run bigint not null, dataset varchar not null, source varchar, digest uhugeint not null,
    occurrence bigint not null, _id bigint not null);
create table if not exists _crmctl.aliases (
    run bigint not null, dataset varchar not null, _id bigint not null, into_id bigint not null);
create table if not exists _crmctl.golden_ids (
    run bigint not null, dataset varchar not null, member_id bigint not null, golden_id varchar not null);
create table if not exists _crmctl.provenance (
    run bigint not null, dataset varchar not null, _id bigint not null, member bigint not null,
    field varchar not null, value varchar);
create table if not exists _crmctl.memberships (
    run bigint not null, dataset varchar not null, segment varchar not null, _id bigint not null);
create table if not exists _crmctl.segment_sizes (
    run bigint not null, dataset varchar not null, segment varchar not null, label varchar, definition varchar,
    members bigint not null, entered bigint not null, left_ bigint not null);
create table if not exists _crmctl.decisions (
    run bigint not null, dataset varchar not null, left_id bigint not null, right_id bigint not null,
    decision varchar not null);
-- Files taken in, each with a digest of how: the mapping, the mode, the source and what was said of the format.
create table if not exists _crmctl.files_seen (
    run bigint not null, sha256 varchar not null, path varchar not null, size bigint, dataset varchar,
    source varchar, how varchar);
-- Which line of which file brought a row, each time one did: rows _id to _until, lines one by one from `line` on.
create table if not exists _crmctl.arrivals (
    run bigint not null, dataset varchar not null, _id bigint not null, _until bigint not null, source varchar,
    file varchar not null, line bigint);
-- Source ids that a snapshot of their source lacked, and those that came back.
create table if not exists _crmctl.gone (
    run bigint not null, dataset varchar not null, source varchar not null, source_id varchar not null,
    gone boolean not null);
-- What each header of a file was taken for, and why; kept of failed runs too.
create table if not exists _crmctl.mappings (
    run bigint not null, step integer not null, dataset varchar not null, file varchar not null,
    source varchar not null, position integer not null, header varchar not null, field varchar, score double,
    reason varchar);
-- Erased people: a keyed digest of each identifier, so that an import can refuse them without knowing them.
create table if not exists _crmctl.tombstones (run bigint not null, dataset varchar, digest varchar not null);
