// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// For targets that decode whole object files or judge days of readings: unoptimised, they take most of the time of the tests.
///
/// What traps does so all the same: overflows, indices out of range, preconditions.
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]
let optimizedC: [CSetting] = [.unsafeFlags(["-O2"], .when(configuration: .debug))]

/// A library target of Sonde's own, above `SystemSupport`; `dependencies` name only targets above it in the list.
func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [],
    settings: [SwiftSetting] = []
) -> Target {
    .target(
        name: name, dependencies: ["SystemSupport"] + dependencies, resources: resources,
        swiftSettings: swiftSettings + settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = [],
    settings: [SwiftSetting] = []
) -> Target {
    .testTarget(
        name: name, dependencies: ["SystemSupport"] + dependencies, exclude: exclude, resources: resources,
        swiftSettings: swiftSettings + settings)
}

let package = Package(
    name: "sonde",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CLinux", path: "CShims/CLinux"),
        .target(
            name: "CLibunwind", path: "CShims/CLibunwind",
            linkerSettings: [.linkedLibrary("unwind-x86_64"), .linkedLibrary("unwind")]),
        .target(
            name: "CElf", path: "CShims/CElf",
            linkerSettings: [
                .linkedLibrary("elf"), .linkedLibrary("isal"), .linkedLibrary("lzma"), .linkedLibrary("z"),
                .linkedLibrary("zstd"),
            ]),
        .target(
            name: "CZydis", path: "CShims/CZydis", cSettings: optimizedC,
            linkerSettings: [.linkedLibrary("Zydis"), .linkedLibrary("Zycore")]),
        .target(name: "CDemangle", path: "CShims/CDemangle", linkerSettings: [.linkedLibrary("iberty")]),
        .target(name: "CCrypt", path: "CShims/CCrypt", linkerSettings: [.linkedLibrary("crypt")]),
        .target(name: "CRe2", path: "CShims/CRe2", linkerSettings: [.linkedLibrary("re2")]),
        .target(name: "CSeccomp", path: "CShims/CSeccomp", linkerSettings: [.linkedLibrary("seccomp")]),
        .target(name: "CCurses", path: "CShims/CCurses", linkerSettings: [.linkedLibrary("ncursesw")]),
        .target(name: "CGzip", path: "CShims/CGzip", linkerSettings: [.linkedLibrary("z")]),

        .target(name: "SystemSupport", dependencies: ["CLinux"], swiftSettings: swiftSettings),
        library("ProfileModel", settings: optimized),
        library("ProcFS", ["ProfileModel", "CLinux"]),
        library("Confinement", ["ProcFS", "CLinux", "CSeccomp"]),
        library("ObjectFiles", ["ProfileModel", "CLinux", "CElf"], settings: optimized),
        library("PerfEvents", ["ProfileModel", "ProcFS", "CLinux"]),
        library("TargetProcess", ["ProfileModel", "ProcFS", "CLinux"]),
        library("Unwinding", ["ProfileModel", "ObjectFiles", "CLibunwind", "CZydis"], settings: optimized),
        library("DebugInfo", ["ProfileModel", "ObjectFiles"], settings: optimized),
        library("Symbolication", ["ProfileModel", "ObjectFiles", "DebugInfo", "CDemangle"]),
        library("PerfMaps", ["ProfileModel", "ObjectFiles"], settings: optimized),
        library("Runtimes", ["ProfileModel", "ObjectFiles"], settings: optimized),
        library("HeapGraph", ["ProfileModel"], settings: optimized),
        library("WorkerProtocol", ["ProfileModel", "ProcFS", "CLinux"]),
        library(
            "StackWorker",
            [
                "ProfileModel", "ProcFS", "ObjectFiles", "DebugInfo", "Unwinding", "Symbolication", "PerfMaps",
                "Runtimes", "HeapGraph", "Confinement", "WorkerProtocol", "CLinux",
            ]),
        library("WorkerControl", ["ProfileModel", "ProcFS", "TargetProcess", "WorkerProtocol", "CLinux"]),
        library("Debuginfod", ["ProfileModel", "Confinement", "WorkerProtocol", "WorkerControl", "CLinux"]),
        library(
            "Sampling",
            [
                "ProfileModel", "ProcFS", "TargetProcess", "PerfEvents", "WorkerProtocol", "WorkerControl", "CLinux",
            ]),
        library("Compression", ["CGzip"]),
        library("Statistics", settings: optimized),
        library("Profiles", ["ProfileModel", "Statistics"]),
        // Generated code, which keeps to the rules of its generator.
        .target(
            name: "PprofMessages", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["README.md", "profile.proto"], swiftSettings: optimized),
        library(
            "ProfileFormats",
            [
                "Compression", "PprofMessages", "ProfileModel", "Profiles", "Statistics",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            resources: ["shared-document.js", "shared-values.js"].map { .embedInCode("Script/\($0)") }
                + [
                    "flamegraph.css", "flamegraph-tree.js", "flamegraph-frames.js", "flamegraph-drawing.js",
                    "flamegraph-toolbar.js", "flamegraph-state.js", "flamegraph-words.js", "flamegraph-search.js",
                    "flamegraph-picture.js", "flamegraph-input.js", "flamegraph.js",
                ].map { .embedInCode("FlameGraph/\($0)") }
                + ["html", "css"].map { .embedInCode("HTML/page.\($0)") }
                + [
                    "columns", "profile", "filter", "tree", "branches", "text", "layout", "flames", "heatmap",
                    "timeline", "functions", "threads", "colours", "changes", "state", "search", "details", "menu",
                    "sandwich", "controls", "keyboard", "page", "start",
                ].map { .embedInCode("HTML/page-\($0).js") },
            settings: optimized),
        library(
            "Recording",
            ["ProfileModel", "ProcFS", "Profiles", "Sampling", "TargetProcess", "WorkerControl", "WorkerProtocol"]),
        library("MemoryTrends", settings: optimized),
        library("LiveView", ["ProfileModel", "Profiles", "Sampling", "MemoryTrends"]),
        library("HostWatch", ["ProfileModel", "ProcFS", "MemoryTrends", "CLinux", "CRe2"]),
        library("MetricFamilies", ["ProcFS"]),
        library("Alerting", settings: optimized),
        library("SeriesStore", ["ProcFS", .product(name: "GRDB", package: "GRDB.swift")]),
        library(
            "AlertDelivery",
            [
                "ProcFS", "Alerting", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        library(
            "AgentConfiguration",
            [
                "ProcFS", "HostWatch", "MemoryTrends", "Alerting", "SeriesStore",
                .product(name: "Yams", package: "Yams"),
            ]),
        library(
            "Daemon",
            [
                "ProfileModel", "ProcFS", "Confinement", "SeriesStore", "AgentConfiguration", "CLinux",
                .product(name: "Logging", package: "swift-log"),
            ]),
        library(
            "AgentState", ["ProfileModel", "ProcFS", "HostWatch", "MemoryTrends", "MetricFamilies", "Alerting"],
            settings: optimized),
        library(
            "AgentServer",
            [
                "ProfileModel", "ProcFS", "HostWatch", "MemoryTrends", "MetricFamilies", "Alerting",
                "AgentConfiguration", "AgentState", "CCrypt", "Compression",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("OpenAPI/openapi.yaml")]),
        .executableTarget(
            name: "sonde",
            dependencies: [
                "SystemSupport", "ProfileModel", "ProcFS", "ObjectFiles", "TargetProcess", "PerfEvents", "Unwinding",
                "Symbolication", "HostWatch", "Sampling", "Profiles", "ProfileFormats", "MemoryTrends", "Recording",
                "LiveView", "StackWorker", "WorkerControl", "WorkerProtocol", "Debuginfod", "Confinement", "CLinux",
                "CCurses",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),
        library(
            "Agent",
            [
                "ProfileModel", "ProcFS", "TargetProcess", "HostWatch", "MemoryTrends", "MetricFamilies",
                "Alerting", "AlertDelivery", "SeriesStore", "AgentConfiguration", "Daemon", "AgentState", "AgentServer",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // A program of its own, so that the other commands start without a server's libraries.
        .executableTarget(
            name: "sonde-agent",
            dependencies: [
                "SystemSupport", "Agent", "AgentConfiguration", "Alerting", "Confinement", "Daemon", "HostWatch",
                "ProcFS",
                "ProfileModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings),
        .executableTarget(name: "sonde-demo-server", swiftSettings: swiftSettings),

        // Not part of the product: what tests share.
        .target(
            name: "TestSupport", dependencies: ["ProfileModel", .product(name: "Logging", package: "swift-log")],
            path: "Tests/TestSupport", swiftSettings: swiftSettings),
        // Looks at the host as another user, or to see what that costs.
        .executableTarget(
            name: "sonde-host-collection", dependencies: ["HostWatch", "ProfileModel"], path: "Tests/HostCollection",
            swiftSettings: swiftSettings),
        .target(
            name: "WorkerSupport",
            dependencies: [
                "ProcFS", "ProfileModel", "StackWorker", "TargetProcess", "WorkerControl", "WorkerProtocol",
            ],
            path: "Tests/WorkerSupport", swiftSettings: swiftSettings),
        tests(
            "WorkerTests",
            [
                "ProcFS", "ProfileModel", "StackWorker", "TargetProcess", "TestSupport", "WorkerControl",
                "WorkerProtocol",
                "WorkerSupport",
            ]),
        tests(
            "DebuginfodTests",
            ["Debuginfod", "ProfileModel", "TestSupport", "WorkerControl", "WorkerProtocol", "WorkerSupport"]),
        // Every parser of what isn't trusted, for `tools/fuzz` and for replaying the corpus.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "ProfileModel", "ProcFS", "ObjectFiles", "DebugInfo", "PerfEvents", "Unwinding", "Symbolication",
                "HostWatch", "AgentConfiguration", "MetricFamilies", "AgentServer", "WorkerProtocol", "Profiles",
                "PerfMaps", "ProfileFormats", "Runtimes", "HeapGraph", "SystemSupport",
            ], path: "Tests/FuzzTargets", swiftSettings: swiftSettings),
        tests("FuzzTests", ["FuzzTargets"], exclude: ["Corpus", "Known"]),
        tests("PerfMapsTests", ["PerfMaps", "ObjectFiles", "ProfileModel", "TestSupport"]),
        tests(
            "RuntimesTests", ["Runtimes", "ObjectFiles", "ProcFS", "ProfileModel", "TargetProcess", "TestSupport"],
            exclude: ["Python"]),
        tests("HeapGraphTests", ["HeapGraph", "ProfileModel"]),
        tests("TestSupportTests", ["TestSupport"]),
        tests("SystemSupportTests", ["TestSupport"]),
        tests("ProcFSTests", ["ProcFS", "ProfileModel", "TestSupport"]),
        .executableTarget(
            name: "confined-program", dependencies: ["Confinement", "ProcFS"], path: "Tests/ConfinedProgram",
            swiftSettings: swiftSettings),
        tests("ConfinementTests", ["Confinement", "ProcFS", "ProfileModel", "TestSupport", "confined-program"]),
        tests("ObjectFilesTests", ["CElf", "ObjectFiles", "ProcFS", "ProfileModel", "TargetProcess", "TestSupport"]),
        tests("PerfEventsTests", ["PerfEvents", "ProcFS", "ProfileModel", "TestSupport"]),
        tests("TargetProcessTests", ["TargetProcess", "ProcFS", "ProfileModel", "TestSupport"]),
        tests(
            "UnwindingTests", ["Unwinding", "ObjectFiles", "TargetProcess", "ProcFS", "ProfileModel", "TestSupport"],
            exclude: ["Snapshots"]),
        tests("DebugInfoTests", ["DebugInfo", "ObjectFiles", "ProfileModel", "TargetProcess", "TestSupport"]),
        // Prints lines and inlined calls, to be compared with those that others print.
        .executableTarget(
            name: "source-lines",
            dependencies: [
                "DebugInfo", "ObjectFiles", "ProfileModel", "Symbolication", "SystemSupport", "TargetProcess",
            ], path: "Tests/SourceLines", swiftSettings: swiftSettings),
        tests(
            "SymbolicationTests",
            ["Symbolication", "DebugInfo", "ObjectFiles", "ProfileModel", "TestSupport", "Unwinding"]),
        tests(
            "SamplingTests",
            [
                "Sampling", "PerfEvents", "TargetProcess", "ProcFS", "ProfileModel", "TestSupport", "WorkerControl",
                "WorkerSupport",
            ]),
        .target(
            name: "SyntheticProfiles", dependencies: ["ProfileModel", "Profiles", "TestSupport"],
            path: "Tests/SyntheticProfiles", swiftSettings: swiftSettings),
        .executableTarget(
            name: "synthetic-page", dependencies: ["ProfileFormats", "Profiles", "SyntheticProfiles"],
            path: "tools/synthetic-page", swiftSettings: swiftSettings),
        // Optimised, for they simulate thousands of recordings.
        tests("StatisticsTests", ["Statistics", "TestSupport"], settings: optimized),
        tests(
            "ProfilesTests",
            [
                "Compression", "PprofMessages", "ProfileFormats", "ProfileModel", "Profiles", "Statistics",
                "SyntheticProfiles", "TestSupport", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Foreign"], resources: [.copy("Goldens")]),
        .executableTarget(
            name: "alert-sender",
            dependencies: ["AlertDelivery", "Alerting", .product(name: "Logging", package: "swift-log")],
            path: "Tests/AlertSender", swiftSettings: swiftSettings),
        tests(
            "AlertDeliveryTests",
            ["AlertDelivery", "Alerting", "TestSupport", .product(name: "Logging", package: "swift-log")]),
        tests(
            "AlertingTests",
            ["Alerting", "AgentState", "HostWatch", "MemoryTrends", "ProcFS", "ProfileModel", "TestSupport"]),
        tests("MetricFamiliesTests", ["MetricFamilies"]),
        tests(
            "AgentStateTests",
            [
                "AgentState", "Alerting", "HostWatch", "MemoryTrends", "MetricFamilies", "ProcFS", "ProfileModel",
                "TestSupport",
            ], exclude: ["Goldens"]),
        .target(
            name: "TrendFamilies", dependencies: ["MemoryTrends", "TestSupport"], path: "Tests/TrendFamilies",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "trend-families", dependencies: ["MemoryTrends", "TrendFamilies"], path: "tools/trend-families",
            swiftSettings: swiftSettings),
        // Optimised, for it simulates days of many services.
        .target(
            name: "LeakFleet",
            dependencies: ["AgentState", "Alerting", "HostWatch", "MemoryTrends", "ProfileModel", "TrendFamilies"],
            path: "Tests/LeakFleet", swiftSettings: swiftSettings + optimized),
        .executableTarget(
            name: "leak-fleet", dependencies: ["LeakFleet"], path: "tools/leak-fleet", swiftSettings: swiftSettings),
        tests("LeakFleetTests", ["LeakFleet"]),
        tests(
            "MemoryTrendsTests", ["MemoryTrends", "TrendFamilies", "TestSupport"],
            resources: [.copy("Recordings")]),
        tests(
            "AgentConfigurationTests",
            ["AgentConfiguration", "HostWatch", "Alerting", "TestSupport"]),
        tests(
            "DaemonTests",
            [
                "Daemon", "Confinement", "SeriesStore", "AgentConfiguration", "ProcFS", "ProfileModel", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "series-writer", dependencies: ["SeriesStore"], path: "Tests/SeriesWriter",
            swiftSettings: swiftSettings),
        tests(
            "SeriesStoreTests",
            ["SeriesStore", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")]),
        tests(
            "HostWatchTests",
            ["HostWatch", "ProcFS", "MemoryTrends", "ProfileModel", "TestSupport", "sonde-host-collection"]),
        tests(
            "AgentTests",
            [
                "Agent", "AgentConfiguration", "AgentServer", "AgentState", "Alerting", "Confinement", "HostWatch",
                "MemoryTrends", "ProcFS", "ProfileModel", "SeriesStore", "TestSupport", "sonde-agent",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests("LiveViewTests", ["LiveView", "Profiles", "ProfileModel", "Sampling", "MemoryTrends", "TestSupport"]),
        tests("CommandTests", ["TestSupport", "ProfileModel"]),
        tests(
            "AgentServerTests",
            [
                "AgentServer", "AgentState", "AgentConfiguration", "Alerting", "HostWatch",
                "MemoryTrends",
                "MetricFamilies", "ProcFS", "ProfileModel", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),
    ]
)

// What `tools/fuzz` builds: it needs libFuzzer, which only that script links.
if Context.environment["SONDE_FUZZ"] != nil {
    package.targets += [
        .target(name: "CFuzzer", path: "Tests/CFuzzer"),
        .executableTarget(
            name: "sonde-fuzzer", dependencies: ["FuzzTargets", "CFuzzer"], path: "Tests/Fuzzer",
            swiftSettings: swiftSettings),
    ]
}

// What `tools/sanitize` builds: the tests of what parses, and nothing that these don't need.
if Context.environment["SONDE_SANITIZE"] != nil {
    let targets = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var needed: Set<String> = []
    var pending = [
        "MetricFamiliesTests", "ObjectFilesTests", "PerfEventsTests", "ProcFSTests",
        "ProfilesTests", "SymbolicationTests", "UnwindingTests", "DebugInfoTests",
    ]
    while let name = pending.popLast() {
        guard let target = targets[name], needed.insert(name).inserted else { continue }
        pending += target.dependencies.compactMap { dependency in
            if case .byNameItem(let name, _) = dependency { name } else { nil }
        }
    }
    package.targets.removeAll { !needed.contains($0.name) }
}
