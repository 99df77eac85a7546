// A device of the conformance scenarios, as a process: it takes one JSON object a line on its input,
// and answers with one. `tests/conformance/README.md` has the words. It ends with its input.

import Foundation

let output = Output()
var device: Device?

for await line in Input.lines {
    do {
        let order = try Order(line)
        if order.do == "be" {
            device = Device(try Identity(order), output: output)
            continue
        }
        guard let device else { throw Refusal.scenario("it was not told whose it is") }
        if order.do == "look" {
            await output.say(await device.look())
        } else {
            await output.say(try await device.act(order))
        }
    } catch {
        await output.say(Refusal(error))
    }
}
