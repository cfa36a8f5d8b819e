// Made by tools/cpython-layouts.

@testable import Runtimes

/// What headers say of one version of CPython that publishes its offsets.
struct CPythonMeasuredLayout: Sendable {
    let version: CPythonVersion
    /// The words of `_Py_DebugOffsets`.
    let words: [UInt64]
    let layout: CPythonLayout

    static let all: [CPythonMeasuredLayout] = [
        CPythonMeasuredLayout(
            version: CPythonVersion(3, 13, 0, isFreeThreaded: false),
            words: [
                0x7970677562656478, 0x30d00f0, 0x0, 0x452b8, 0x260, 0x278, 0x2f998, 0x1c68,
                0x1c60, 0x1cb0, 0x1ce8, 0x1de8, 0x1dd8, 0x1de0, 0x10, 0x1e48,
                0x0, 0x1e58, 0x1e50, 0x130, 0x0, 0x8, 0x10, 0x48,
                0x98, 0xa0, 0xe8, 0x20, 0x50, 0x8, 0x0, 0x38,
                0x48, 0x46, 0xd0, 0x70, 0x78, 0x80, 0x88, 0x44,
                0x34, 0x60, 0x68, 0xc8, 0x10, 0x8, 0x1a0, 0x18,
                0x58, 0xa8, 0x20, 0x18, 0x10, 0x28, 0x18, 0x10,
                0x30, 0x20, 0x28, 0x18, 0x10, 0x20, 0x10, 0x18,
                0x28, 0x10, 0x20, 0x40, 0x20, 0x10, 0x28, 0xf0,
                0xc8,
            ],
            layout: CPythonLayout(
                runtime: .init(interpretersHead: 632, currentThread: nil, lock: nil),
                interpreter: .init(next: 7264, threadsHead: 7344, modules: 7656, collector: 7400, lock: 16),
                lock: .init(locked: 16, lastHolder: 8, enabled: nil),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 152, nativeThreadID: 160,
                    frames: .interpreterFrame(72), dataStack: .init(chunk: 232, top: 240)),
                frame: .init(
                    byteCount: 72, previous: 8, code: 0, instruction: .pointer(56), entry: .owner(70, ofLoop: 3),
                    variables: 72),
                code: .init(
                    byteCount: 144, name: 120, qualifiedName: 128, fileName: 112, firstLine: 68, lineTable: 136,
                    instructions: 200, instructionBytes: nil,
                    variables: .init(flags: 48, arguments: 52, keywordOnly: 60, names: .together(96, kinds: 104))),
                threadCode: nil)),
        CPythonMeasuredLayout(
            version: CPythonVersion(3, 13, 0, isFreeThreaded: true),
            words: [
                0x7970677562656478, 0x30d00f0, 0x1, 0x50240, 0x260, 0x278, 0x34a40, 0x1c68,
                0x1c60, 0x1cb0, 0x1ce8, 0x1df0, 0x1de0, 0x1de8, 0x10, 0x1e50,
                0x0, 0x1e68, 0x1e60, 0x130, 0x0, 0x8, 0x10, 0x48,
                0x98, 0xa0, 0xe8, 0x20, 0x50, 0x8, 0x0, 0x38,
                0x48, 0x46, 0xe0, 0x80, 0x88, 0x90, 0x98, 0x54,
                0x44, 0x70, 0x78, 0xd8, 0x20, 0x18, 0x1b0, 0x28,
                0x68, 0xb8, 0x30, 0x28, 0x20, 0x38, 0x28, 0x20,
                0x40, 0x30, 0x38, 0x28, 0x20, 0x30, 0x20, 0x28,
                0x38, 0x20, 0x30, 0x50, 0x30, 0x20, 0x38, 0xf8,
                0xc8,
            ],
            layout: CPythonLayout(
                runtime: .init(interpretersHead: 632, currentThread: nil, lock: nil),
                interpreter: .init(next: 7264, threadsHead: 7344, modules: 7664, collector: nil, lock: 16),
                lock: .init(locked: 24, lastHolder: 16, enabled: 0),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 152, nativeThreadID: 160,
                    frames: .interpreterFrame(72), dataStack: .init(chunk: 232, top: 240)),
                frame: .init(
                    byteCount: 72, previous: 8, code: 0, instruction: .pointer(56), entry: .owner(70, ofLoop: 3),
                    variables: 72),
                code: .init(
                    byteCount: 160, name: 136, qualifiedName: 144, fileName: 128, firstLine: 84, lineTable: 152,
                    instructions: 216, instructionBytes: nil,
                    variables: .init(flags: 64, arguments: 68, keywordOnly: 76, names: .together(112, kinds: 120))),
                threadCode: nil)),
        CPythonMeasuredLayout(
            version: CPythonVersion(3, 13, 15, isFreeThreaded: true),
            words: [
                0x7970677562656478, 0x30d0ff0, 0x1, 0x502c0, 0x260, 0x278, 0x34a40, 0x1c68,
                0x1c60, 0x1cb0, 0x1ce8, 0x1df0, 0x1de0, 0x1de8, 0x10, 0x1e50,
                0x0, 0x1e68, 0x1e60, 0x138, 0x0, 0x8, 0x10, 0x48,
                0x98, 0xa0, 0xe8, 0x20, 0x50, 0x8, 0x0, 0x38,
                0x48, 0x46, 0xe0, 0x80, 0x88, 0x90, 0x98, 0x54,
                0x44, 0x70, 0x78, 0xd8, 0x20, 0x18, 0x1b0, 0x28,
                0x68, 0xb8, 0x30, 0x28, 0x20, 0x38, 0x28, 0x20,
                0x40, 0x30, 0x38, 0x28, 0x20, 0x30, 0x20, 0x28,
                0x38, 0x20, 0x30, 0x50, 0x30, 0x20, 0x38, 0xf8,
                0xc8,
            ],
            layout: CPythonLayout(
                runtime: .init(interpretersHead: 632, currentThread: nil, lock: nil),
                interpreter: .init(next: 7264, threadsHead: 7344, modules: 7664, collector: nil, lock: 16),
                lock: .init(locked: 24, lastHolder: 16, enabled: 0),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 152, nativeThreadID: 160,
                    frames: .interpreterFrame(72), dataStack: .init(chunk: 232, top: 240)),
                frame: .init(
                    byteCount: 72, previous: 8, code: 0, instruction: .pointer(56), entry: .owner(70, ofLoop: 3),
                    variables: 72),
                code: .init(
                    byteCount: 160, name: 136, qualifiedName: 144, fileName: 128, firstLine: 84, lineTable: 152,
                    instructions: 216, instructionBytes: nil,
                    variables: .init(flags: 64, arguments: 68, keywordOnly: 76, names: .together(112, kinds: 120))),
                threadCode: nil)),
        CPythonMeasuredLayout(
            version: CPythonVersion(3, 14, 10, isFreeThreaded: false),
            words: [
                0x7970677562656478, 0x30e0af0, 0x0, 0x4d4c8, 0x310, 0x328, 0x37248, 0x1c70,
                0x1c68, 0x1cb0, 0x1cc0, 0x1cf0, 0x1e08, 0x1df8, 0x1e00, 0x10,
                0x1e68, 0x0, 0x1e78, 0x1e70, 0x1f38, 0x0, 0x340, 0x0,
                0x8, 0x10, 0x48, 0x98, 0xa0, 0xe8, 0x20, 0x58,
                0x8, 0x0, 0x38, 0x50, 0x4a, 0x40, 0x0, 0xd8,
                0x70, 0x78, 0x80, 0x88, 0x44, 0x34, 0x60, 0x68,
                0xd0, 0x0, 0x10, 0x8, 0x1a0, 0x18, 0x58, 0xa8,
                0x28, 0x20, 0x10, 0x28, 0x18, 0x10, 0xc8, 0x18,
                0x28, 0x20, 0x30, 0x20, 0x28, 0x18, 0x10, 0x20,
                0x10, 0x18, 0x28, 0x10, 0x20, 0x40, 0x20, 0x10,
                0x28, 0x108, 0xc0, 0xa0, 0x18, 0x48, 0x43, 0x0,
                0x8, 0x18, 0x130, 0x1f8c, 0x0, 0x4, 0x200,
            ],
            layout: CPythonLayout(
                runtime: .init(interpretersHead: 808, currentThread: nil, lock: nil),
                interpreter: .init(next: 7272, threadsHead: 7344, modules: 7688, collector: 7408, lock: 16),
                lock: .init(locked: 16, lastHolder: 8, enabled: nil),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 152, nativeThreadID: 160,
                    frames: .interpreterFrame(72), dataStack: .init(chunk: 232, top: 240)),
                frame: .init(
                    byteCount: 80, previous: 8, code: 0, instruction: .pointer(56), entry: .owner(74, ofLoop: 3),
                    variables: 80),
                code: .init(
                    byteCount: 144, name: 120, qualifiedName: 128, fileName: 112, firstLine: 68, lineTable: 136,
                    instructions: 208, instructionBytes: nil,
                    variables: .init(flags: 48, arguments: 52, keywordOnly: 60, names: .together(96, kinds: 104))),
                threadCode: nil)),
        CPythonMeasuredLayout(
            version: CPythonVersion(3, 14, 10, isFreeThreaded: true),
            words: [
                0x7970677562656478, 0x30e0af0, 0x1, 0x59438, 0x310, 0x328, 0x3d078, 0x1c70,
                0x1c68, 0x1cb0, 0x1cc0, 0x1cf0, 0x1e20, 0x1e10, 0x1e18, 0x10,
                0x1e80, 0x0, 0x1e98, 0x1e90, 0x1f58, 0x4394, 0x340, 0x0,
                0x8, 0x10, 0x48, 0x98, 0xa0, 0xe8, 0x20, 0x58,
                0x8, 0x0, 0x38, 0x50, 0x4e, 0x40, 0x48, 0xf0,
                0x80, 0x88, 0x90, 0x98, 0x54, 0x44, 0x70, 0x78,
                0xe8, 0xe0, 0x20, 0x18, 0x1b0, 0x28, 0x68, 0xb8,
                0x38, 0x30, 0x20, 0x38, 0x28, 0x20, 0xd8, 0x28,
                0x38, 0x30, 0x40, 0x30, 0x38, 0x28, 0x20, 0x30,
                0x20, 0x28, 0x38, 0x20, 0x30, 0x50, 0x30, 0x20,
                0x38, 0x120, 0xc0, 0xb0, 0x28, 0x58, 0x53, 0x0,
                0x8, 0x18, 0x130, 0x1fac, 0x0, 0x4, 0x200,
            ],
            layout: CPythonLayout(
                runtime: .init(interpretersHead: 808, currentThread: nil, lock: nil),
                interpreter: .init(next: 7272, threadsHead: 7344, modules: 7712, collector: nil, lock: 16),
                lock: .init(locked: 24, lastHolder: 16, enabled: 0),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 152, nativeThreadID: 160,
                    frames: .interpreterFrame(72), dataStack: .init(chunk: 232, top: 240)),
                frame: .init(
                    byteCount: 80, previous: 8, code: 0, instruction: .pointer(56), entry: .owner(78, ofLoop: 3),
                    variables: 80),
                code: .init(
                    byteCount: 232, name: 136, qualifiedName: 144, fileName: 128, firstLine: 84, lineTable: 152,
                    instructions: 232, instructionBytes: nil,
                    variables: .init(flags: 64, arguments: 68, keywordOnly: 76, names: .together(112, kinds: 120))),
                threadCode: .init(index: 72, array: 224, entries: 8))),
    ]
}
