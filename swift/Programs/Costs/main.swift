// What crossing the border costs, in microseconds, through the public API and without a network.
//
//     swift run -c release costs [--json]

import Foundation

let costs = try await Costs.measured()
if CommandLine.arguments.contains("--json") {
    print(String(decoding: try JSONEncoder().encode(costs), as: UTF8.self))
} else {
    for cost in costs {
        let name = cost.what.padding(toLength: 44, withPad: " ", startingAt: 0)
        print(name + String(format: "%8.2f µs", cost.microseconds))
    }
}
