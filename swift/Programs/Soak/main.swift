// Has the SDK do a great many things, and looks at what the process holds meanwhile: memory, open
// files, threads. What grows by 2 % or more over the last half is a leak, and the exit code 1.
//
//     CAUSERIE_BIN=…/causerie swift run -c release soak [SENDS SEQUENCES CANCELLED]

import Causerie
import Foundation
import Server

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let load =
    numbers.count == 3
    ? Load(sends: numbers[0], sequences: numbers[1], cancelled: numbers[2])
    : Load(sends: 100_000, sequences: 10_000, cancelled: 5_000)

let folder = FileManager.default.temporaryDirectory
    .appending(component: "causerie-soak-\(UUID().uuidString)", directoryHint: .isDirectory)
do {
    let server = try Server(in: folder.appending(component: "server"))
    let soak = try await Soak(load, in: folder, server: server)
    let verdict = try await soak.run()
    await soak.close()
    server.end()
    try FileManager.default.removeItem(at: folder)
    print(verdict.text)
    exit(verdict.holds ? 0 : 1)
} catch {
    try? FileHandle.standardError.write(contentsOf: Data("soak: \(error)\n".utf8))
    exit(2)
}
