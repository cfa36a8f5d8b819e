#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(CLINUX_MESSAGE_DESCRIPTORS * sizeof(int))];
};

ssize_t clinux_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count) {
    struct iovec part = {(void *)bytes, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    if (count > CLINUX_MESSAGE_DESCRIPTORS) return -EINVAL;
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == -1 ? -errno : sent;
}

ssize_t clinux_receive(int socket, void *bytes, size_t length, int *descriptors, size_t *count, int waits) {
    struct iovec part = {bytes, length};
    union control control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *count = 0;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (waits ? 0 : MSG_DONTWAIT));
    if (received == -1) return -errno;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len >= CMSG_LEN(0)) {
        size_t size = header->cmsg_len - CMSG_LEN(0);
        *count = size / sizeof(int);
        if (*count > CLINUX_MESSAGE_DESCRIPTORS) *count = CLINUX_MESSAGE_DESCRIPTORS;
        memcpy(descriptors, CMSG_DATA(header), *count * sizeof(int));
    }
    return received;
}

pid_t clinux_fork(void (*child)(void *), void *context) {
    pid_t pid = fork();
    if (pid == -1) return -errno;
    if (pid == 0) {
        child(context);
        _exit(0);
    }
    return pid;
}

int clinux_open_process(pid_t pid) {
    long descriptor = syscall(SYS_pidfd_open, pid, 0);
    return descriptor == -1 ? -errno : (int)descriptor;
}

int clinux_signal_process(int process, int signal) {
    return syscall(SYS_pidfd_send_signal, process, signal, NULL, 0) == -1 ? -errno : 0;
}

uint64_t clinux_load_word(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
void clinux_store_word(uint64_t *word, uint64_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

int clinux_end_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) == -1 ? errno : 0; }

int clinux_status_as_known(int directory, const char *path, struct clinux_file *out) {
    struct statx status;
    if (statx(directory, path, AT_STATX_DONT_SYNC, STATX_INO | STATX_BLOCKS | STATX_NLINK, &status) == -1) return errno;
    *out = (struct clinux_file){
        .inode = status.stx_ino, .blocks = status.stx_blocks, .device_major = status.stx_dev_major,
        .device_minor = status.stx_dev_minor, .links = status.stx_nlink};
    return 0;
}

int clinux_share_memory(pid_t first, pid_t second) {
    long order = syscall(SYS_kcmp, first, second, KCMP_VM, 0, 0);
    return order == -1 ? -errno : order == 0;
}
