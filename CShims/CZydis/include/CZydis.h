// Zydis decodes x86-64 instructions. Its results are large structs with anonymous unions and enums of thousands of
// cases, which Swift imports badly; here is the little of them that following a stack needs.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
    CZYDIS_OTHER,
    CZYDIS_PUSH,
    CZYDIS_POP,
    // From register or immediate to register.
    CZYDIS_MOVE,
    // From memory at base + value, where `has_value` says so, to register.
    CZYDIS_LOAD,
    // To memory at base + value, where `has_value` says so; `source` is the register, if it is a whole one.
    CZYDIS_STORE,
    CZYDIS_LOAD_ADDRESS,
    CZYDIS_ADD,
    CZYDIS_SUBTRACT,
    CZYDIS_AND,
    CZYDIS_OR,
    CZYDIS_EXCLUSIVE_OR,
    CZYDIS_COMPARE,
    CZYDIS_LEAVE,
    // Not a far call, which pushes more than a return address.
    CZYDIS_CALL,
    CZYDIS_JUMP,
    CZYDIS_CONDITIONAL_JUMP,
    CZYDIS_RETURN,
    CZYDIS_SYSTEM_CALL,
    // Does nothing: padding between functions and before loops.
    CZYDIS_PADDING,
    // int3: padding, too, and behind calls that never return.
    CZYDIS_BREAKPOINT,
    // Never goes on to the next instruction: ud2, hlt.
    CZYDIS_TRAP,
} czydis_kind;

// Registers have their DWARF numbers, 0 to 15; -1 stands for none of them.
typedef struct {
    // A czydis_kind.
    uint8_t kind;
    // In bytes, 1 to 15.
    uint8_t length;
    // How many bytes PUSH and POP move the stack pointer by, STORE writes, and others compute.
    uint8_t width;
    // Of CONDITIONAL_JUMP: it jumps if the operands compared are not equal.
    uint8_t is_not_equal;
    // Of JUMP: it goes where a variable in the code's own object points.
    uint8_t is_through_variable;
    // Of LOAD_ADDRESS: `value` is the distance from the instruction's end.
    uint8_t is_relative;
    // Bit n: some part of register n is written.
    uint16_t written;
    // Bit n: some part of register n is read, also to compute an address.
    uint16_t read;
    // The first explicit operand, if it is a 64-bit register.
    int8_t destination;
    // The second explicit operand, or PUSH's only one, if it is a 64-bit register.
    int8_t source;
    // LOAD_ADDRESS, LOAD, STORE: the base of an address that is no more than base + value.
    int8_t base;
    // The registers of which the first and the second explicit operand are the low `width` bytes.
    int8_t destination_part;
    int8_t source_part;
    // Whether `value` is an immediate operand, sign-extended, or a relative branch's distance from its end, or
    // the displacement of LOAD_ADDRESS, LOAD and STORE.
    uint8_t has_value;
    int64_t value;
} czydis_instruction;

// Decodes the instruction at `code`. 0 when the bytes are none, or reach beyond `size`.
int czydis_decode(const uint8_t *code, size_t size, czydis_instruction *instruction);
