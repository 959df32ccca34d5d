// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "vtenrichd",
    products: [.executable(name: "vtenrichd", targets: ["vtenrichd"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSSL", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        // Without pkgConfig, which would link the shared library: see VTEnrich.
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "VTEnrichCore", dependencies: ["CCrypto"], swiftSettings: strict),
        .target(
            name: "VTEnrich",
            dependencies: [
                "VTEnrichCore", "CCrypto", "CCurl", "CHiredis", "CLinux", "CSSL", "CZlib",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict,
            // The archive by its name: few machines have the shared library, and its versions differ.
            linkerSettings: [.linkedLibrary(":libhiredis.a")]),
        .executableTarget(
            name: "vtenrichd",
            dependencies: [
                "VTEnrich", "VTEnrichCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .target(
            name: "Support",
            dependencies: [
                "VTEnrich", "VTEnrichCore", "CZlib", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Support",
            swiftSettings: strict),
        .executableTarget(
            name: "standins",
            dependencies: ["Support", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/StandIns", exclude: ["mail-server.py"],
            swiftSettings: strict),
        .executableTarget(
            name: "soak",
            dependencies: [
                "Support", "VTEnrich", "VTEnrichCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Soak",
            swiftSettings: strict),
        .executableTarget(
            name: "bench",
            dependencies: [
                "Support", "VTEnrich", "VTEnrichCore", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/Bench",
            swiftSettings: strict),
        .executableTarget(
            name: "instructions", dependencies: ["Support", "VTEnrich", "VTEnrichCore"],
            path: "Benchmarks/Instructions", swiftSettings: strict),
        .testTarget(
            name: "VTEnrichCoreTests", dependencies: ["VTEnrichCore", "Support"], exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "VTEnrichTests",
            dependencies: [
                "VTEnrich", "VTEnrichCore", "Support", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "VTEnrich", "VTEnrichCore", "Support", "vtenrichd", "standins", "instructions",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
