/*
 * A stand-in for the part of libcuda.so.1 that checkpoints processes, for machines without a GPU. What it knows and does
 * is in files of the folder $CRYO_FAKE_CUDA:
 *
 *     processes   names (/proc/PID/comm) of the processes that use CUDA; all others are unknown to it
 *     version     what cuDriverGetVersion tells; 13000 if there is none
 *     gpus        a line for each GPU: 32 hexadecimal digits, a blank, the name
 *     initial     the state of a process that nothing was done to; 0 (running) if there is none
 *     state-PID   the state of a process, in the order of CUprocessState
 *     fail        lines "OPERATION CODE TIMES STATE": how often an operation fails, and the state it leaves (-1: as it was)
 *     calls       written: every operation with its arguments
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, ILLEGAL_STATE = 401 };
enum { RUNNING, LOCKED, CHECKPOINTED };

static void path(char *into, const char *name, int number)
{
    snprintf(into, 4096, number < 0 ? "%s/%s" : "%s/%s-%d", getenv("CRYO_FAKE_CUDA"), name, number);
}

static FILE *file(const char *name, int number, const char *mode)
{
    char where[4096];
    path(where, name, number);
    return fopen(where, mode);
}

static int number_in(const char *name, int number, int otherwise)
{
    FILE *in = file(name, number, "r");
    int value = otherwise;
    if (in != NULL) {
        if (fscanf(in, "%d", &value) != 1) {
            value = otherwise;
        }
        fclose(in);
    }
    return value;
}

static void write_number(const char *name, int number, int value)
{
    FILE *out = file(name, number, "w");
    fprintf(out, "%d\n", value);
    fclose(out);
}

static int state_of(int pid)
{
    return number_in("state", pid, number_in("initial", -1, RUNNING));
}

static int is_cuda(int pid)
{
    char proc[64], name[64] = "", line[64];
    snprintf(proc, sizeof proc, "/proc/%d/comm", pid);
    FILE *comm = fopen(proc, "r");
    if (comm == NULL) {
        return 0;
    }
    int known = fgets(name, sizeof name, comm) != NULL;
    fclose(comm);
    FILE *all = known ? file("processes", -1, "r") : NULL;
    known = 0;
    while (all != NULL && fgets(line, sizeof line, all) != NULL) {
        known |= strcmp(line, name) == 0;
    }
    if (all != NULL) {
        fclose(all);
    }
    return known;
}

/* The error that an operation is told to fail with, if it still is. */
static int told_to_fail(const char *operation, int pid)
{
    char named[32], counter[64];
    int code, times, state;
    FILE *in = file("fail", -1, "r");
    int result = SUCCESS;
    while (in != NULL && fscanf(in, "%31s %d %d %d", named, &code, &times, &state) == 4) {
        snprintf(counter, sizeof counter, "failed-%s", operation);
        int failed = number_in(counter, -1, 0);
        if (strcmp(named, operation) == 0 && failed < times) {
            write_number(counter, -1, failed + 1);
            if (state >= 0) {
                write_number("state", pid, state);
            }
            result = code;
        }
    }
    if (in != NULL) {
        fclose(in);
    }
    return result;
}

static int step(const char *operation, int pid, int from, int to, const char *arguments)
{
    FILE *calls = file("calls", -1, "a");
    fprintf(calls, "%s%s\n", operation, arguments);
    fclose(calls);
    if (!is_cuda(pid)) {
        return INVALID_VALUE;
    }
    int failure = told_to_fail(operation, pid);
    if (failure != SUCCESS) {
        return failure;
    }
    if (state_of(pid) != from) {
        return ILLEGAL_STATE;
    }
    write_number("state", pid, to);
    return SUCCESS;
}

/* Whether the reserved rest of a structure of 64 bytes is zero. */
static int rest_is_zero(const void *arguments, int used)
{
    for (int i = used; i < 64; i++) {
        if (((const char *) arguments)[i] != 0) {
            return 0;
        }
    }
    return 1;
}

int cuInit(unsigned int flags)
{
    return flags == 0 ? told_to_fail("init", 0) : INVALID_VALUE;
}

int cuDriverGetVersion(int *version)
{
    *version = number_in("version", -1, 13000);
    return SUCCESS;
}

int cuGetErrorName(int error, const char **name)
{
    switch (error) {
        case 2: *name = "CUDA_ERROR_OUT_OF_MEMORY"; return SUCCESS;
        case 100: *name = "CUDA_ERROR_NO_DEVICE"; return SUCCESS;
        case 401: *name = "CUDA_ERROR_ILLEGAL_STATE"; return SUCCESS;
        case 600: *name = "CUDA_ERROR_NOT_READY"; return SUCCESS;
        case 801: *name = "CUDA_ERROR_NOT_SUPPORTED"; return SUCCESS;
        default: return INVALID_VALUE;
    }
}

static int gpu(int wanted, char *uuid, char *name)
{
    char digits[33], model[200];
    int at = 0, found = 0;
    FILE *in = file("gpus", -1, "r");
    while (in != NULL && fscanf(in, "%32s %199[^\n]", digits, model) == 2) {
        if (at++ == wanted) {
            for (int i = 0; i < 16; i++) {
                unsigned int byte;
                sscanf(digits + 2 * i, "%2x", &byte);
                uuid[i] = (char) byte;
            }
            strcpy(name, model);
            found = 1;
        }
    }
    if (in != NULL) {
        fclose(in);
    }
    return wanted < 0 ? at : found;
}

int cuDeviceGetCount(int *count)
{
    *count = gpu(-1, NULL, NULL);
    return SUCCESS;
}

int cuDeviceGet(int *device, int ordinal)
{
    *device = ordinal;
    return SUCCESS;
}

int cuDeviceGetName(char *name, int length, int device)
{
    char uuid[16], whole[200];
    if (!gpu(device, uuid, whole)) {
        return INVALID_VALUE;
    }
    snprintf(name, length, "%s", whole);
    return SUCCESS;
}

int cuDeviceGetUuid_v2(char *uuid, int device)
{
    char name[200];
    return gpu(device, uuid, name) ? SUCCESS : INVALID_VALUE;
}

int cuCheckpointProcessGetState(int pid, int *state)
{
    if (!is_cuda(pid)) {
        return INVALID_VALUE;
    }
    *state = state_of(pid);
    return SUCCESS;
}

int cuCheckpointProcessGetRestoreThreadId(int pid, int *thread)
{
    *thread = pid;
    return is_cuda(pid) ? SUCCESS : INVALID_VALUE;
}

int cuCheckpointProcessLock(int pid, const unsigned int *arguments)
{
    char words[64];
    if (!rest_is_zero(arguments, 4)) {
        return INVALID_VALUE;
    }
    snprintf(words, sizeof words, " within %s ms", arguments[0] > 0 ? "some" : "0");
    return step("lock", pid, RUNNING, LOCKED, words);
}

int cuCheckpointProcessCheckpoint(int pid, const void *arguments)
{
    return arguments == NULL ? step("checkpoint", pid, LOCKED, CHECKPOINTED, "") : INVALID_VALUE;
}

int cuCheckpointProcessRestore(int pid, const char *arguments)
{
    char words[4096] = "";
    if (arguments != NULL) {
        const unsigned char *pairs = *(const unsigned char *const *) arguments;
        unsigned int count = *(const unsigned int *) (arguments + 8);
        if (!rest_is_zero(arguments, 12)) {
            return INVALID_VALUE;
        }
        for (unsigned int i = 0; i < count; i++) {
            snprintf(words + strlen(words), 32, " %02x=%02x", pairs[32 * i], pairs[32 * i + 16]);
        }
    }
    return step("restore", pid, CHECKPOINTED, LOCKED, words);
}

int cuCheckpointProcessUnlock(int pid, const void *arguments)
{
    return arguments == NULL ? step("unlock", pid, LOCKED, RUNNING, "") : INVALID_VALUE;
}
