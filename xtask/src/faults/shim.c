/* Makes one system call of a program fail, or ends the program at it. Loaded by LD_PRELOAD; see mod.rs.
 *
 * Counted are the calls on paths below FAULTS_FOLDER, for each kind of call on its own. At call FAULTS_AT of kind FAULTS_KIND:
 *   EIO, ENOSPC  it fails with this error and does nothing
 *   short        half of the bytes are written, as a system may do
 *   full         half of the bytes are written, and every later write, new file and new folder fails with ENOSPC: the disk is full
 *   kill         half of the bytes are written and the process gets SIGKILL; other calls are not made
 * FAULTS_REPORT gets a line "fired" at the fault, and at the exit a line for each kind with its number of calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { OPEN, WRITE, FSYNC, RENAME, UNLINK, TRUNCATE, MKDIR, KINDS };
static const char *const names[KINDS] = {"open", "write", "fsync", "rename", "unlink", "truncate", "mkdir"};
static atomic_long calls[KINDS];
static atomic_int is_full;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static void report(const char *line) {
    int file = REAL(open)(setting("FAULTS_REPORT"), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (file < 0) return;
    if (REAL(write)(file, line, strlen(line)) < 0) abort();
    close(file);
}

__attribute__((destructor)) static void report_calls(void) {
    for (int kind = 0; kind < KINDS; kind++) {
        char line[64];
        snprintf(line, sizeof line, "%s %ld\n", names[kind], calls[kind]);
        report(line);
    }
}

static int is_below(const char *path) {
    const char *folder = setting("FAULTS_FOLDER");
    return *folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_open_below(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

/* The fault of this call, or an empty text. */
static const char *fault(enum kind kind) {
    long call = atomic_fetch_add(&calls[kind], 1) + 1;
    if (strcmp(setting("FAULTS_KIND"), names[kind]) != 0 || call != atol(setting("FAULTS_AT"))) return "";
    report("fired\n");
    return setting("FAULTS_ACTION");
}

/* 0 if the call is to be made, -1 with errno if it fails. */
static int before(enum kind kind, int needs_space) {
    const char *action = fault(kind);
    if (strcmp(action, "kill") == 0) raise(SIGKILL);
    if (strcmp(action, "full") == 0) is_full = 1;
    if (strcmp(action, "EIO") == 0) return errno = EIO, -1;
    if (strcmp(action, "ENOSPC") == 0 || (is_full && needs_space)) return errno = ENOSPC, -1;
    return 0;
}

ssize_t write(int file, const void *bytes, size_t count) {
    int error = errno;
    int is_ours = is_open_below(file);
    errno = error;
    if (!is_ours) return REAL(write)(file, bytes, count);
    int was_full = is_full;
    const char *action = fault(WRITE);
    if (strcmp(action, "EIO") == 0) return errno = EIO, -1;
    if (strcmp(action, "ENOSPC") == 0 || was_full) return errno = ENOSPC, -1;
    if (!*action) return REAL(write)(file, bytes, count);
    if (strcmp(action, "full") == 0) is_full = 1;
    ssize_t written = REAL(write)(file, bytes, count > 1 ? count / 2 : count);
    if (strcmp(action, "kill") == 0) raise(SIGKILL);
    return written;
}

static int open_with(int folder, const char *path, int flags, mode_t mode) {
    if (is_below(path)) {
        int is_new = (flags & O_CREAT) && access(path, F_OK) != 0;
        if (before(OPEN, is_new)) return -1;
    }
    return REAL(openat)(folder, path, flags, mode);
}

#define MODE(flags, mode)                                          \
    mode_t mode = 0;                                               \
    if (flags & (O_CREAT | __O_TMPFILE)) {                         \
        va_list rest;                                              \
        va_start(rest, flags);                                     \
        mode = va_arg(rest, mode_t);                               \
        va_end(rest);                                              \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_with(folder, path, flags | O_LARGEFILE, mode);
}

int fsync(int file) {
    return is_open_below(file) && before(FSYNC, 0) ? -1 : REAL(fsync)(file);
}
int fdatasync(int file) {
    return is_open_below(file) && before(FSYNC, 0) ? -1 : REAL(fdatasync)(file);
}
int ftruncate(int file, off_t length) {
    return is_open_below(file) && before(TRUNCATE, 0) ? -1 : REAL(ftruncate)(file, length);
}
int ftruncate64(int file, off64_t length) {
    return is_open_below(file) && before(TRUNCATE, 0) ? -1 : REAL(ftruncate64)(file, length);
}
int rename(const char *from, const char *to) {
    return is_below(to) && before(RENAME, 0) ? -1 : REAL(rename)(from, to);
}
int unlink(const char *path) {
    return is_below(path) && before(UNLINK, 0) ? -1 : REAL(unlink)(path);
}
int mkdir(const char *path, mode_t mode) {
    return is_below(path) && before(MKDIR, 1) ? -1 : REAL(mkdir)(path, mode);
}
