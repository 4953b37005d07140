/* One number for everything a database says. */

#include "faulty_disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    uint64_t a, b;
} lanes;

static void mix(lanes *sum, uint64_t word) {
    sum->a = (sum->a ^ word) * 0x9e3779b97f4a7c15u;
    sum->a ^= sum->a >> 29;
    sum->b = (sum->b + word) * 0xbf58476d1ce4e5b9u;
    sum->b ^= sum->b >> 32;
}

static void mix_bytes(lanes *sum, const void *bytes, int count) {
    mix(sum, (uint64_t)count);
    const uint8_t *at = bytes;
    for (; count >= 8; count -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        mix(sum, word);
    }
    uint64_t rest = 0;
    if (count > 0) memcpy(&rest, at, (size_t)count);
    mix(sum, rest);
}

static int mix_rows(sqlite3 *database, const char *sql, lanes *sum) {
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(database, sql, -1, &rows, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        int columns = sqlite3_column_count(rows);
        for (int i = 0; i < columns; i++) {
            int type = sqlite3_column_type(rows, i);
            mix(sum, (uint64_t)type);
            if (type == SQLITE_INTEGER) {
                mix(sum, (uint64_t)sqlite3_column_int64(rows, i));
            } else if (type != SQLITE_NULL) {
                const void *bytes = sqlite3_column_blob(rows, i);
                mix_bytes(sum, bytes, sqlite3_column_bytes(rows, i));
            }
        }
        mix(sum, 0xff);
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int faulty_content_digest(sqlite3 *database, uint64_t digest[2]) {
    lanes sum = {1, 2};
    char tables[64][64];
    int count = 0;
    sqlite3_stmt *names = NULL;
    int code = sqlite3_prepare_v2(
        database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", -1, &names,
        NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(names)) == SQLITE_ROW) {
        if (count < 64) {
            snprintf(tables[count++], 64, "%s", (const char *)sqlite3_column_text(names, 0));
        }
        code = SQLITE_OK;
    }
    sqlite3_finalize(names);
    if (code == SQLITE_DONE) {
        code = mix_rows(
            database, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name", &sum);
    }
    if (code == SQLITE_OK) code = mix_rows(database, "PRAGMA user_version", &sum);
    for (int i = 0; i < count && code == SQLITE_OK; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" NOT INDEXED", tables[i]);
        code = mix_rows(database, sql, &sum);
    }
    digest[0] = sum.a;
    digest[1] = sum.b;
    return code;
}

int faulty_set_synchronous(sqlite3 *database, int level) {
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA synchronous = %d", level);
    return sqlite3_exec(database, sql, NULL, NULL, NULL);
}
