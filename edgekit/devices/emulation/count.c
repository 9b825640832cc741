/* A plugin of QEMU (user mode, AArch64) that counts executed instructions: all, dot products and fused multiply-adds.
 *
 * argument fd=N: a file that the emulated program holds open too. Where it reads that file at offset AT by pread, the
 * counts up to there are put into it just before. Counters are shared by threads without a lock: exact for one thread.
 * The functions of QEMU that are used are declared here, as its packages bring no header: those of API versions 0 to 1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define ADD_U64 0
#define PREAD64 67
#define AT 4096

typedef uint64_t plugin_id;
struct tb;
struct insn;
typedef void (*tb_callback)(plugin_id, struct tb *);
typedef void (*syscall_callback)(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                 uint64_t, uint64_t, uint64_t);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, tb_callback);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, syscall_callback);
void qemu_plugin_register_vcpu_tb_exec_inline(struct tb *, int operation, void *counter, uint64_t value);
size_t qemu_plugin_tb_n_insns(const struct tb *);
struct insn *qemu_plugin_tb_get_insn(const struct tb *, size_t index);
const void *qemu_plugin_insn_data(const struct insn *);

EXPORT int qemu_plugin_version = 1;

static uint64_t total, dot_product, fma;
static int counts_fd = -1;

struct pattern { uint32_t mask, value; };

/* sdot, udot, usdot (vectors); the same and sudot (by element); smmla, ummla, usmmla */
static const struct pattern DOT_PRODUCT[] = {
    {0x9fe0f400, 0x0e809400}, {0x9fc0f400, 0x0f80e000}, {0xbf40f400, 0x0f00f000}, {0xdfe0f400, 0x4e80a400}};
/* fmla, fmls: vectors, of half precision, by element, of half precision, one lane; then fmadd and its three kin */
static const struct pattern FMA[] = {{0xbf20fc00, 0x0e20cc00}, {0xbf60fc00, 0x0e400c00}, {0xbf80b400, 0x0f801000},
                                     {0xbfc0b400, 0x0f001000}, {0xff80b400, 0x5f801000}, {0xff000000, 0x1f000000}};

static int is_among(uint32_t word, const struct pattern *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((word & patterns[i].mask) == patterns[i].value)
            return 1;
    return 0;
}

/* A block of instructions without a jump is run whole, so it is counted as a whole when it starts. */
static void translated(plugin_id id, struct tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    uint64_t dots = 0, fmas = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)), sizeof word);
        dots += is_among(word, DOT_PRODUCT, sizeof DOT_PRODUCT / sizeof *DOT_PRODUCT);
        fmas += is_among(word, FMA, sizeof FMA / sizeof *FMA);
    }
    qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &total, count);
    if (dots)
        qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &dot_product, dots);
    if (fmas)
        qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &fma, fmas);
}

static void called(plugin_id id, unsigned cpu, int64_t number, uint64_t fd, uint64_t buffer, uint64_t size,
                   uint64_t offset, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8)
{
    char text[100];
    if (number != PREAD64 || (int)fd != counts_fd || offset != AT)
        return;
    int length = snprintf(text, sizeof text, "%20" PRIu64 " %20" PRIu64 " %20" PRIu64 "\n", total, dot_product, fma);
    if (pwrite(counts_fd, text, length, AT) != length)
        abort();
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    if (argc != 1 || sscanf(argv[0], "fd=%d", &counts_fd) != 1)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
