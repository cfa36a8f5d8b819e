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

/// A library target of Sonde's own; `dependencies` name only targets above it in the list.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: swiftSettings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: swiftSettings)
}

let package = Package(
    name: "sonde",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "CLinux", path: "CShims/CLinux"),
        .target(
            name: "CLibunwind", path: "CShims/CLibunwind",
            linkerSettings: [.linkedLibrary("unwind-x86_64"), .linkedLibrary("unwind")]),
        .target(
            name: "CElf", path: "CShims/CElf",
            linkerSettings: [.linkedLibrary("lzma"), .linkedLibrary("z")]),
        .target(
            name: "CZydis", path: "CShims/CZydis",
            linkerSettings: [.linkedLibrary("Zydis"), .linkedLibrary("Zycore")]),
        .target(name: "CDemangle", path: "CShims/CDemangle", linkerSettings: [.linkedLibrary("iberty")]),
        .target(name: "CCrypt", path: "CShims/CCrypt", linkerSettings: [.linkedLibrary("crypt")]),

        room("ProfileModel"),
        room("ProcFS", ["ProfileModel", "CLinux"]),
        room("ObjectFiles", ["ProfileModel", "CLinux", "CElf"]),
        room("PerfEvents", ["ProfileModel", "ProcFS", "CLinux"]),
        room("TargetProcess", ["ProfileModel", "ProcFS", "ObjectFiles", "CLinux"]),
        room("Unwinding", ["ProfileModel", "ObjectFiles", "CLibunwind", "CZydis"]),
        room("Symbolication", ["ProfileModel", "ObjectFiles", "CDemangle"]),
        room(
            "Sampling",
            ["ProfileModel", "ProcFS", "ObjectFiles", "TargetProcess", "PerfEvents", "Unwinding", "CLinux"]),
        room("Profiles", ["ProfileModel"]),
        room(
            "ProfileFormats", ["ProfileModel", "Profiles"],
            resources: [.embedInCode("FlameGraph/flamegraph.css"), .embedInCode("FlameGraph/flamegraph.js")]),
        room("MemoryTrends"),
        room("HostWatch", ["ProfileModel", "ProcFS", "MemoryTrends", "CLinux"]),
        room("Metrics"),
        room("Alerting"),
        room("SeriesStore"),
        room("AgentConfiguration", ["HostWatch", "MemoryTrends", "Alerting", "SeriesStore"]),
        room("AgentState", ["ProfileModel", "HostWatch", "MemoryTrends", "Metrics", "Alerting"]),
        room(
            "AgentServer",
            [
                "ProfileModel", "HostWatch", "MemoryTrends", "Metrics", "Alerting", "AgentConfiguration", "AgentState",
                "CCrypt",
                // swift-metrics, which Hummingbird imports, has a module of the same name as Sonde's own `Metrics`.
                .product(name: "Hummingbird", package: "hummingbird", moduleAliases: ["Metrics": "SwiftMetrics"]),
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
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [.embedInCode("OpenAPI/openapi.yaml")]),
        .executableTarget(
            name: "sonde",
            dependencies: [
                "ProfileModel", "ProcFS", "ObjectFiles", "TargetProcess", "PerfEvents", "Unwinding", "Symbolication",
                "Sampling", "Profiles", "ProfileFormats", "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),
        .executableTarget(name: "sonde-demo-server", swiftSettings: swiftSettings),

        // Not part of the product: what tests share.
        .target(
            name: "TestSupport", dependencies: ["ProfileModel"], path: "Tests/TestSupport",
            swiftSettings: swiftSettings),
        tests("TestSupportTests", ["TestSupport"]),
        tests("ProcFSTests", ["ProcFS", "ProfileModel", "TestSupport"]),
        tests("ObjectFilesTests", ["ObjectFiles", "ProfileModel", "TestSupport"]),
        tests("PerfEventsTests", ["PerfEvents", "ProcFS", "ProfileModel", "TestSupport"]),
        tests("TargetProcessTests", ["TargetProcess", "ProcFS", "ProfileModel", "TestSupport"]),
        tests(
            "UnwindingTests", ["Unwinding", "ObjectFiles", "TargetProcess", "ProcFS", "ProfileModel", "TestSupport"],
            exclude: ["Snapshots"]),
        tests("SymbolicationTests", ["Symbolication", "ObjectFiles", "ProfileModel", "TestSupport"]),
        tests(
            "SamplingTests",
            [
                "Sampling", "PerfEvents", "Symbolication", "TargetProcess", "ObjectFiles", "ProcFS", "ProfileModel",
                "TestSupport",
            ]),
        tests(
            "ProfilesTests", ["Profiles", "ProfileFormats", "ProfileModel", "TestSupport"],
            resources: [.copy("Goldens")]),
        tests("CommandTests", ["TestSupport", "ProfileModel"]),
        tests(
            "AgentServerTests",
            [
                "AgentServer", "AgentState", "AgentConfiguration", "Alerting", "HostWatch", "MemoryTrends", "Metrics",
                "ProfileModel", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),
    ]
)
