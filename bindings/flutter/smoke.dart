// Uses the Dart binding against a real server, as an app would, and says what calls cost.
//
//     CAUSERIE_BIN=…/causerie CAUSERIE_LIB=…/libcauserie_flutter.so \
//         dart --packages=…/package_config.json bindings/flutter/smoke.dart
//
// README.md says what the package configuration names. Prints what Rust's test harness prints, so
// that `cargo xtask test` can count.

import 'dart:async';
import 'dart:convert';
import 'dart:io';

import 'package:causerie_flutter/causerie_flutter.dart';
import 'package:flutter_rust_bridge/flutter_rust_bridge_for_generated.dart'
    show ExternalLibrary;

const patience = Duration(seconds: 30);

Future<T> soon<T>(Future<T> waiting) => waiting.timeout(patience);

void check(bool holds, String what) {
  if (!holds) throw StateError(what);
}

void same(Object? found, Object? wanted) =>
    check(found == wanted, 'found $found, not $wanted');

/// `causerie serve --dev` on a free port.
class Server {
  Server(this.process, this.url);

  final Process process;
  final String url;

  static Future<Server> start(String folder) async {
    final process = await Process.start(Platform.environment['CAUSERIE_BIN']!, [
      'serve',
      '--dev',
      '--listen',
      '127.0.0.1:0',
      '--data',
      folder,
      // However this script ends, the server does not outlive it.
      '--end-with-stdin',
    ]);
    unawaited(process.stderr.drain<void>());
    final lines = process.stdout
        .transform(utf8.decoder)
        .transform(const LineSplitter());
    final line = await soon(lines.first);
    check(line.startsWith('listening on '), 'the server said $line');
    return Server(process, line.split(' ').last);
  }

  Future<String> token(String userId) async {
    final http = HttpClient();
    final at = Uri.parse(url).replace(scheme: 'http', path: '/dev/token');
    final request = await http.postUrl(at);
    request.headers.contentType = ContentType.json;
    request.write(jsonEncode({'user_id': userId}));
    final answer = await (await request.close()).transform(utf8.decoder).join();
    http.close();
    return (jsonDecode(answer) as Map<String, Object?>)['token']! as String;
  }

  Future<void> end() async {
    process.kill();
    await process.exitCode;
  }
}

typedef Tokens = FutureOr<TokenAnswer> Function(TokenQuestion);

/// A server, folders, and clients that are ended with the test.
class World {
  World(this.server, this.folder);

  final Server server;
  final String folder;
  final clients = <Client>[];

  Future<TokenAnswer> token(TokenQuestion question) async => TokenAnswer(
    token: await server.token(question.userId),
    signInNeeded: false,
  );

  Future<Client> client(String userId, {Tokens? tokens, String? name}) async {
    final options = Options(
      serverUrl: server.url,
      userId: userId,
      dataDir: '$folder/${name ?? userId}',
    );
    final client = await Client.open(options: options, tokens: tokens ?? token);
    clients.add(client);
    return client;
  }

  Future<void> end() async {
    for (final client in clients) {
      await client.end();
    }
  }
}

/// What a screen does with the diffs.
void show(List<TimelineItem> items, TimelineBatch batch) {
  int place(String? key) {
    final found = items.indexWhere((item) => item.key == key);
    check(found >= 0, 'no item $key');
    return found;
  }

  int behind(String? key) => key == null ? 0 : place(key) + 1;
  for (final diff in batch.diffs) {
    switch (diff.kind) {
      case DiffKind.reset:
        items
          ..clear()
          ..addAll(diff.items);
      case DiffKind.insert:
        items.insert(behind(diff.after), diff.items.single);
      case DiffKind.update:
        items[place(diff.items.single.key)] = diff.items.single;
      case DiffKind.move:
        final item = items.removeAt(place(diff.key));
        items.insert(behind(diff.after), item);
      case DiffKind.remove:
        items.removeAt(place(diff.key));
    }
  }
}

Future<void> until(
  TimelineUpdates updates,
  List<TimelineItem> items,
  bool Function() done,
) async {
  while (!done()) {
    final batch = await soon(updates.next());
    check(batch != null, 'the updates ended');
    show(items, batch!);
  }
}

Future<ConnectionStatus> reaches(Client client, ConnectionKind kind) async {
  final states = client.connectionUpdates();
  for (;;) {
    final state = await soon(states.next());
    if (state!.kind == kind) {
      states.end();
      return state;
    }
  }
}

/// An updates object as a stream. Cancelling ends the object first: a generator that waits for
/// the next change would not hear of it.
Stream<TimelineBatch> changes(TimelineUpdates updates) {
  late final StreamController<TimelineBatch> controller;
  Future<void> pump() async {
    for (TimelineBatch? batch; (batch = await updates.next()) != null;) {
      controller.add(batch!);
    }
    await controller.close();
  }

  controller = StreamController(
    onListen: () => unawaited(pump()),
    onCancel: updates.end,
  );
  return controller.stream;
}

final tests = <String, Future<void> Function(World)>{
  'a_message_is_shown_offline_and_keeps_its_key_until_another_user_has_it':
      (world) async {
        final alice = await world.client('alice');
        final bob = await world.client('bob');
        final chat = await alice.openDirect(userId: 'bob');
        final timeline = await chat.timeline();
        final updates = timeline.updates();
        final items = <TimelineItem>[];
        final key = await chat.send(text: 'Bonjour, Bob');
        await until(updates, items, () => items.isNotEmpty);
        same(items.single.key, key);
        same(items.single.text, 'Bonjour, Bob');
        same(items.single.send?.kind, SendKind.queued);
        same(items.single.seq, null);

        await alice.start();
        final status = await soon(alice.settled(key: key));
        same(status.kind, SendKind.sent);
        check(status.seq is int, 'a seq is an int');
        await until(updates, items, () => items.single.send == null);
        same(items.single.key, key);
        same(items.single.seq, status.seq);

        await bob.start();
        final lists = bob.conversationUpdates();
        while (bob.conversations().isEmpty) {
          await soon(lists.next());
        }
        final entry = bob.conversations().single;
        same(
          (entry.title, entry.unread, entry.last?.text),
          ('alice', 1, 'Bonjour, Bob'),
        );
        final theirs = await bob
            .conversation(id: entry.conversationId)
            .timeline();
        final seen = <TimelineItem>[];
        await until(theirs.updates(), seen, () => seen.isNotEmpty);
        same(
          (seen.single.senderId, seen.single.text),
          ('alice', 'Bonjour, Bob'),
        );
      },
  'an_error_has_code_action_and_what_to_wait_for': (world) async {
    final client = await world.client('carol');
    try {
      client.conversation(id: 'no id');
      check(false, 'it was taken');
    } on Fault catch (fault) {
      same((fault.code, fault.action), ('invalid', Action.fixCode));
      same((fault.retryable, fault.retryAfterMs), (false, null));
    }
    try {
      await world.client('dave', name: 'carol');
      check(false, 'it was opened');
    } on Fault catch (fault) {
      same((fault.code, fault.action), ('other_user', Action.signIn));
    }
  },
  'a_token_provider_that_has_none_yet_is_asked_again': (world) async {
    var asked = 0;
    final client = await world.client(
      'erin',
      tokens: (question) async {
        asked += 1;
        return asked == 1
            ? const TokenAnswer(
                problem: 'the backend is away',
                signInNeeded: false,
              )
            : await world.token(question);
      },
    );
    await client.start();
    await reaches(client, ConnectionKind.live);
    same(asked, 2);
  },
  'a_token_provider_that_throws_costs_the_process_nothing': (world) async {
    var asked = 0;
    final client = await world.client(
      'olga',
      tokens: (question) async {
        asked += 1;
        if (asked == 1) throw StateError('past the shell');
        return await world.token(question);
      },
    );
    await client.start();
    await reaches(client, ConnectionKind.live);
    same(asked, 2);
  },
  'a_provider_that_says_sign_in_is_not_asked_again_until_start': (world) async {
    var asked = 0;
    var signedIn = false;
    final client = await world.client(
      'frank',
      tokens: (question) async {
        asked += 1;
        return signedIn
            ? await world.token(question)
            : const TokenAnswer(
                problem: 'the session is over',
                signInNeeded: true,
              );
      },
    );
    await client.start();
    final state = await reaches(client, ConnectionKind.signInNeeded);
    same(state.reason, 'the session is over');
    same(asked, 1);

    // Neither for a message, nor with time. How much of it is long enough says another provider:
    // it has no token for now, and is asked again and again.
    final chat = await client.openDirect(userId: 'grace');
    final key = await chat.send(text: 'kept until one signs in');
    var askedMeanwhile = 0;
    final other = await world.client(
      'victor',
      tokens: (question) async {
        askedMeanwhile += 1;
        return askedMeanwhile <= 3
            ? const TokenAnswer(
                problem: 'the backend is away',
                signInNeeded: false,
              )
            : await world.token(question);
      },
    );
    await other.start();
    await reaches(other, ConnectionKind.live);
    same(askedMeanwhile, 4);
    same(client.connection().kind, ConnectionKind.signInNeeded);
    same(asked, 1);

    signedIn = true;
    await client.start();
    await reaches(client, ConnectionKind.live);
    same(asked, 2);
    same((await soon(client.settled(key: key))).kind, SendKind.sent);
  },
  'cancelling_an_idle_stream_returns_and_end_wakes_who_waits': (world) async {
    final client = await world.client('grace');
    final chat = await client.openDirect(userId: 'heidi');
    final timeline = await chat.timeline();
    final first = Completer<void>();
    final subscription = changes(timeline.updates()).listen((_) {
      if (!first.isCompleted) first.complete();
    });
    await soon(first.future);
    await soon(subscription.cancel());

    final updates = timeline.updates();
    await soon(updates.next());
    final waiting = updates.next();
    updates.end();
    same(await soon(waiting), null);
    timeline.end();
  },
  'what_comes_while_nobody_asks_is_one_batch': (world) async {
    final client = await world.client('ivan');
    final chat = await client.openDirect(userId: 'judy');
    // Held to the end: the collector would close it.
    final timeline = await chat.timeline();
    final updates = timeline.updates();
    await soon(updates.next());
    for (var n = 0; n < 50; n += 1) {
      await chat.send(text: '$n');
    }
    same((await soon(updates.next()))!.diffs.length, 50);
    timeline.end();
  },
  'after_the_end_calls_fail_and_updates_end': (world) async {
    final client = await world.client('kim');
    final updates = client.conversationUpdates();
    await client.end();
    while (await soon(updates.next()) != null) {}
    try {
      await client.start();
      check(false, 'it started');
    } on Fault catch (fault) {
      same((fault.code, fault.action), ('closed', Action.fixCode));
    }
  },
};

/// Microseconds, of one run on this machine.
Future<void> costs(World world) async {
  final client = await world.client('costs');
  final chat = await client.openDirect(userId: 'peer');
  final timeline = await chat.timeline();
  final watch = Stopwatch()..start();
  for (var n = 0; n < 10000; n += 1) {
    client.userId();
  }
  final call = watch.elapsedMicroseconds / 10000;
  watch.reset();
  for (var n = 0; n < 2000; n += 1) {
    await (timeline.updates()..end()).next();
  }
  print(
    'cost: a call ${call.toStringAsFixed(1)} µs, an object and a future '
    '${(watch.elapsedMicroseconds / 2000).toStringAsFixed(1)} µs',
  );
  for (var n = 0; n < 100; n += 1) {
    await chat.send(text: 'A line of about the length that people write.');
  }
  final updates = timeline.updates();
  await updates.next();
  for (final count in [1, 10, 100]) {
    final rounds = 200 ~/ count;
    var elapsed = 0;
    for (var round = 0; round < rounds; round += 1) {
      for (var n = 0; n < count; n += 1) {
        await chat.send(text: 'A line of about the length that people write.');
      }
      watch.reset();
      var diffs = 0;
      while (diffs < count) {
        diffs += (await updates.next())!.diffs.length;
      }
      elapsed += watch.elapsedMicroseconds;
    }
    print(
      'cost: $count diffs a batch: asked for '
      '${(elapsed / rounds / count).toStringAsFixed(1)} µs a diff',
    );
  }
}

Future<void> main() async {
  final folder = Directory.systemTemp.createTempSync('causerie-dart-');
  final library = Platform.environment['CAUSERIE_LIB']!;
  await CauserieRust.init(externalLibrary: ExternalLibrary.open(library));
  final server = await Server.start('${folder.path}/server');
  var (passed, failed) = (0, 0);
  for (final MapEntry(key: name, value: run) in tests.entries) {
    final world = World(server, '${folder.path}/$name');
    try {
      await run(world);
      await world.end();
      passed += 1;
      print('test $name ... ok');
    } catch (error, trace) {
      stderr.writeln('$error\n$trace');
      failed += 1;
      print('test $name ... FAILED');
    }
  }
  final world = World(server, '${folder.path}/costs');
  await costs(world);
  await world.end();
  await server.end();
  CauserieRust.dispose();
  folder.deleteSync(recursive: true);
  print(
    'test result: ${failed > 0 ? 'FAILED' : 'ok'}. '
    '$passed passed; $failed failed; 0 ignored',
  );
  exitCode = failed > 0 ? 1 : 0;
}
