#include "CZydis.h"

#include <Zydis/Zydis.h>

// Zydis numbers registers as instructions encode them.
static const int8_t dwarf_numbers[16] = {0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};

static int8_t whole_register(ZydisRegister reg) {
    if (ZydisRegisterGetClass(reg) != ZYDIS_REGCLASS_GPR64) return -1;
    return dwarf_numbers[ZydisRegisterGetId(reg) & 15];
}

static czydis_kind kind_of(ZydisMnemonic mnemonic, ZydisInstructionCategory category) {
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_MOV: return CZYDIS_MOVE;
    case ZYDIS_MNEMONIC_LEA: return CZYDIS_LOAD_ADDRESS;
    case ZYDIS_MNEMONIC_ADD: return CZYDIS_ADD;
    case ZYDIS_MNEMONIC_SUB: return CZYDIS_SUBTRACT;
    case ZYDIS_MNEMONIC_AND: return CZYDIS_AND;
    case ZYDIS_MNEMONIC_OR: return CZYDIS_OR;
    case ZYDIS_MNEMONIC_XOR: return CZYDIS_EXCLUSIVE_OR;
    case ZYDIS_MNEMONIC_CMP: return CZYDIS_COMPARE;
    case ZYDIS_MNEMONIC_LEAVE: return CZYDIS_LEAVE;
    case ZYDIS_MNEMONIC_SYSCALL: return CZYDIS_SYSTEM_CALL;
    case ZYDIS_MNEMONIC_NOP: return CZYDIS_PADDING;
    case ZYDIS_MNEMONIC_INT3: return CZYDIS_BREAKPOINT;
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT: return CZYDIS_TRAP;
    default: break;
    }
    switch (category) {
    case ZYDIS_CATEGORY_PUSH: return CZYDIS_PUSH;
    case ZYDIS_CATEGORY_POP: return CZYDIS_POP;
    case ZYDIS_CATEGORY_CALL: return CZYDIS_CALL;
    case ZYDIS_CATEGORY_UNCOND_BR: return CZYDIS_JUMP;
    case ZYDIS_CATEGORY_COND_BR: return CZYDIS_CONDITIONAL_JUMP;
    case ZYDIS_CATEGORY_RET: return CZYDIS_RETURN;
    default: return CZYDIS_OTHER;
    }
}

// The register that an operand is the low part of.
static int8_t part_of_register(const ZydisDecodedOperand *operand) {
    if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER) return -1;
    ZydisRegister reg = operand->reg.value;
    if (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH) return -1;
    return whole_register(ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg));
}

// The bit of the register that `reg` is a part of.
static uint16_t register_bit(ZydisRegister reg) {
    int8_t number = whole_register(ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg));
    return number < 0 ? 0 : (uint16_t)(1u << number);
}

static uint16_t written_registers(const ZydisDecodedOperand *operands, int count) {
    uint16_t written = 0;
    for (int index = 0; index < count; index++) {
        if (operands[index].type != ZYDIS_OPERAND_TYPE_REGISTER) continue;
        if (!(operands[index].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) continue;
        written |= register_bit(operands[index].reg.value);
    }
    return written;
}

static uint16_t read_registers(const ZydisDecodedOperand *operands, int count) {
    uint16_t read = 0;
    for (int index = 0; index < count; index++) {
        const ZydisDecodedOperand *operand = &operands[index];
        if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
            read |= register_bit(operand->mem.base) | register_bit(operand->mem.index);
        else if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER && operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
            read |= register_bit(operand->reg.value);
    }
    return read;
}

// Whether an address is no more than a register and a displacement, in no segment of its own.
static int has_plain_address(const ZydisDecodedOperand *operand, const ZydisDecodedInstruction *decoded) {
    return operand->mem.index == ZYDIS_REGISTER_NONE && decoded->address_width == 64 &&
           operand->mem.segment != ZYDIS_REGISTER_FS && operand->mem.segment != ZYDIS_REGISTER_GS;
}

int czydis_decode(const uint8_t *code, size_t size, czydis_instruction *result) {
    ZydisDecoder decoder;
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, size, &decoded, operands))) return 0;

    czydis_kind kind = kind_of(decoded.mnemonic, decoded.meta.category);
    if (kind == CZYDIS_CALL && decoded.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR) kind = CZYDIS_OTHER;
    *result = (czydis_instruction){
        .kind = (uint8_t)kind,
        .length = decoded.length,
        .width = (uint8_t)(decoded.operand_width / 8),
        .is_not_equal = decoded.mnemonic == ZYDIS_MNEMONIC_JNZ,
        .written = written_registers(operands, decoded.operand_count),
        .read = read_registers(operands, decoded.operand_count),
        .destination = -1,
        .source = -1,
        .base = -1,
        .destination_part = -1,
        .source_part = -1,
    };
    if (decoded.operand_count_visible > 0) result->destination_part = part_of_register(&operands[0]);
    if (decoded.operand_count_visible > 1) result->source_part = part_of_register(&operands[1]);
    if (kind == CZYDIS_MOVE && operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY) result->kind = CZYDIS_STORE;
    if (kind == CZYDIS_MOVE && operands[1].type == ZYDIS_OPERAND_TYPE_MEMORY) result->kind = CZYDIS_LOAD;
    for (int index = 0; index < decoded.operand_count_visible; index++) {
        const ZydisDecodedOperand *operand = &operands[index];
        if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER) {
            int8_t number = whole_register(operand->reg.value);
            if (index == 0 && kind != CZYDIS_PUSH) result->destination = number;
            if (index == 1 || (index == 0 && kind == CZYDIS_PUSH)) result->source = number;
        } else if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
            result->has_value = 1;
            result->value = operand->imm.value.s;
        } else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && kind == CZYDIS_JUMP) {
            result->is_through_variable =
                operand->mem.base == ZYDIS_REGISTER_RIP && operand->mem.index == ZYDIS_REGISTER_NONE;
        } else if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && has_plain_address(operand, &decoded) &&
                   (kind == CZYDIS_LOAD_ADDRESS || kind == CZYDIS_MOVE)) {
            result->base = whole_register(operand->mem.base);
            // A store's immediate operand doesn't matter.
            result->has_value = result->base >= 0;
            result->value = operand->mem.disp.value;
            if (kind == CZYDIS_LOAD_ADDRESS && operand->mem.base == ZYDIS_REGISTER_RIP) {
                result->is_relative = 1;
                result->has_value = 1;
            }
            if (result->kind == CZYDIS_STORE) {
                if (operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER)
                    result->source = whole_register(operands[1].reg.value);
                break;
            }
        }
    }
    return 1;
}
