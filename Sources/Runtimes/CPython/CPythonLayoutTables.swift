// Made by tools/cpython-layouts.

extension CPythonLayout {
    /// The layouts of 3.6 to 3.12, each with the first release of its minor version that has it, in their order.
    static let tables: [(since: CPythonVersion, layout: CPythonLayout)] = [
        (
            CPythonVersion(3, 6, 0),
            CPythonLayout(
                runtime: nil,
                interpreter: .init(next: 0, threadsHead: 8, modules: 16, collector: nil, lock: nil),
                lock: nil,
                thread: .init(
                    next: 8, interpreter: 16, threadID: 152, nativeThreadID: nil,
                    frames: .frameObject(24), dataStack: nil),
                frame: .init(
                    byteCount: 128, previous: 24, code: 32, instruction: .index(120, unit: 1), entry: .each,
                    variables: 376),
                code: .init(
                    byteCount: 120, name: 104, qualifiedName: nil, fileName: 96, firstLine: 36, lineTable: 112,
                    instructions: nil, instructionBytes: 40,
                    variables: .init(flags: 32, arguments: 16, keywordOnly: 20, names: .apart(64, cells: 80, free: 72))),
                threadCode: nil)
        ),
        (
            CPythonVersion(3, 7, 0),
            CPythonLayout(
                runtime: .init(interpretersHead: 24, currentThread: 1392, lock: 1176),
                interpreter: .init(next: 0, threadsHead: 8, modules: 40, collector: nil, lock: nil),
                lock: .init(locked: 16, lastHolder: 8, enabled: nil),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 176, nativeThreadID: nil,
                    frames: .frameObject(24), dataStack: nil),
                frame: .init(
                    byteCount: 112, previous: 24, code: 32, instruction: .index(104, unit: 1), entry: .each,
                    variables: 360),
                code: .init(
                    byteCount: 120, name: 104, qualifiedName: nil, fileName: 96, firstLine: 36, lineTable: 112,
                    instructions: nil, instructionBytes: 40,
                    variables: .init(flags: 32, arguments: 16, keywordOnly: 20, names: .apart(64, cells: 80, free: 72))),
                threadCode: nil)
        ),
        (
            CPythonVersion(3, 7, 4),
            CPythonLayout(
                runtime: .init(interpretersHead: 24, currentThread: 1480, lock: 1264),
                interpreter: .init(next: 0, threadsHead: 8, modules: 40, collector: nil, lock: nil),
                lock: .init(locked: 16, lastHolder: 8, enabled: nil),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 176, nativeThreadID: nil,
                    frames: .frameObject(24), dataStack: nil),
                frame: .init(
                    byteCount: 112, previous: 24, code: 32, instruction: .index(104, unit: 1), entry: .each,
                    variables: 360),
                code: .init(
                    byteCount: 120, name: 104, qualifiedName: nil, fileName: 96, firstLine: 36, lineTable: 112,
                    instructions: nil, instructionBytes: 40,
                    variables: .init(flags: 32, arguments: 16, keywordOnly: 20, names: .apart(64, cells: 80, free: 72))),
                threadCode: nil)
        ),
        (
            CPythonVersion(3, 8, 0),
            CPythonLayout(
                runtime: .init(interpretersHead: 32, currentThread: 1368, lock: 1152),
                interpreter: .init(next: 0, threadsHead: 8, modules: 56, collector: nil, lock: nil),
                lock: .init(locked: 16, lastHolder: 8, enabled: nil),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 176, nativeThreadID: nil,
                    frames: .frameObject(24), dataStack: nil),
                frame: .init(
                    byteCount: 112, previous: 24, code: 32, instruction: .index(104, unit: 1), entry: .each,
                    variables: 360),
                code: .init(
                    byteCount: 128, name: 112, qualifiedName: nil, fileName: 104, firstLine: 40, lineTable: 120,
                    instructions: nil, instructionBytes: 48,
                    variables: .init(flags: 36, arguments: 16, keywordOnly: 24, names: .apart(72, cells: 88, free: 80))),
                threadCode: nil)
        ),
        (
            CPythonVersion(3, 9, 0),
            CPythonLayout(
                runtime: .init(interpretersHead: 32, currentThread: 568, lock: 352),
                interpreter: .init(next: 0, threadsHead: 8, modules: 856, collector: 616, lock: nil),
                lock: .init(locked: 16, lastHolder: 8, enabled: nil),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 176, nativeThreadID: nil,
                    frames: .frameObject(24), dataStack: nil),
                frame: .init(
                    byteCount: 112, previous: 24, code: 32, instruction: .index(104, unit: 1), entry: .each,
                    variables: 360),
                code: .init(
                    byteCount: 128, name: 112, qualifiedName: nil, fileName: 104, firstLine: 40, lineTable: 120,
                    instructions: nil, instructionBytes: 48,
                    variables: .init(flags: 36, arguments: 16, keywordOnly: 24, names: .apart(72, cells: 88, free: 80))),
                threadCode: nil)
        ),
        (
            CPythonVersion(3, 10, 0),
            CPythonLayout(
                runtime: .init(interpretersHead: 32, currentThread: 568, lock: 352),
                interpreter: .init(next: 0, threadsHead: 8, modules: 856, collector: 616, lock: nil),
                lock: .init(locked: 16, lastHolder: 8, enabled: nil),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 176, nativeThreadID: nil,
                    frames: .frameObject(24), dataStack: nil),
                frame: .init(
                    byteCount: 104, previous: 24, code: 32, instruction: .index(96, unit: 2), entry: .each,
                    variables: 352),
                code: .init(
                    byteCount: 128, name: 112, qualifiedName: nil, fileName: 104, firstLine: 40, lineTable: 120,
                    instructions: nil, instructionBytes: 48,
                    variables: .init(flags: 36, arguments: 16, keywordOnly: 24, names: .apart(72, cells: 88, free: 80))),
                threadCode: nil)
        ),
        (
            CPythonVersion(3, 11, 0),
            CPythonLayout(
                runtime: .init(interpretersHead: 40, currentThread: 576, lock: 360),
                interpreter: .init(next: 0, threadsHead: 16, modules: 888, collector: 648, lock: nil),
                lock: .init(locked: 16, lastHolder: 8, enabled: nil),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 152, nativeThreadID: 160,
                    frames: .controlFrame(56, current: 8, previous: 16),
                    dataStack: .init(chunk: 296, top: 304)),
                frame: .init(
                    byteCount: 72, previous: 48, code: 32, instruction: .pointer(56), entry: .controlFrame(isEntry: 68),
                    variables: 72),
                code: .init(
                    byteCount: 144, name: 120, qualifiedName: 128, fileName: 112, firstLine: 72, lineTable: 136,
                    instructions: 184, instructionBytes: nil,
                    variables: .init(flags: 48, arguments: 56, keywordOnly: 64, names: .together(96, kinds: 104))),
                threadCode: nil)
        ),
        (
            CPythonVersion(3, 12, 0),
            CPythonLayout(
                runtime: .init(interpretersHead: 40, currentThread: nil, lock: nil),
                interpreter: .init(next: 0, threadsHead: 72, modules: 944, collector: 112, lock: 384),
                lock: .init(locked: 16, lastHolder: 8, enabled: nil),
                thread: .init(
                    next: 8, interpreter: 16, threadID: 136, nativeThreadID: 144,
                    frames: .controlFrame(56, current: 0, previous: 8),
                    dataStack: .init(chunk: 232, top: 240)),
                frame: .init(
                    byteCount: 72, previous: 8, code: 0, instruction: .pointer(56), entry: .owner(70, ofLoop: 3),
                    variables: 72),
                code: .init(
                    byteCount: 144, name: 120, qualifiedName: 128, fileName: 112, firstLine: 68, lineTable: 136,
                    instructions: 192, instructionBytes: nil,
                    variables: .init(flags: 48, arguments: 52, keywordOnly: 60, names: .together(96, kinds: 104))),
                threadCode: nil)
        ),
    ]
}
