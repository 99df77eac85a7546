package io.causerie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.causerie.futures.CauserieFutures;
import io.causerie.futures.ConversationFutures;
import io.causerie.futures.Listening;
import java.io.File;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An app in Java, in short. */
class JavaTest {
    private static final long PATIENCE_S = 30;

    @TempDir File dir;

    private CauserieFutures offline() {
        return CauserieFutures.open(
                        dir, "ws://127.0.0.1:1", "alice", request -> CompletableFuture.completedFuture("none"))
                .join();
    }

    @Test
    void a_message_goes_from_Java_to_the_server_and_back() throws Exception {
        ExecutorService main = Executors.newSingleThreadExecutor();
        try (TestServer server = new TestServer(new File(dir, "server"))) {
            CauserieFutures alice =
                    CauserieFutures.open(
                                    new File(dir, "alice"),
                                    server.getUrl(),
                                    "alice",
                                    request ->
                                            CompletableFuture.supplyAsync(
                                                    () -> server.token(request.getUserId(), 60_000)),
                                    new CauserieOptions(null, Durability.PowerLoss))
                            .join();
            alice.start().join();
            ConversationFutures bob = alice.openDirect("bob").join();
            BlockingQueue<TimelineState> shown = new ArrayBlockingQueue<>(1_000);
            Listening listening =
                    alice.listen(bob.timeline().join().getTimeline().getState(), main, shown::add);
            String key = bob.send("Salut").join();
            assertInstanceOf(SendState.Sent.class, alice.settled(key).join());
            TimelineItem item;
            do {
                TimelineState state = shown.poll(PATIENCE_S, TimeUnit.SECONDS);
                item = state.getItems().isEmpty() ? null : state.getItems().get(0);
            } while (item == null || item.getSend() != null);
            assertEquals("Salut", item.getText());
            assertEquals(key, item.getTempId());
            bob.react(item.getTarget(), "👍").join();
            BlockingQueue<List<ReadCursor>> read = new ArrayBlockingQueue<>(100);
            Listening reading = alice.listen(bob.getConversation().readCursorChanges(), main, read::add);
            assertEquals(bob.readCursors().join(), read.poll(PATIENCE_S, TimeUnit.SECONDS));
            reading.close();
            listening.close();
            assertFalse(listening.isActive());
            alice.close().join();
        } finally {
            main.shutdown();
            assertTrue(main.awaitTermination(PATIENCE_S, TimeUnit.SECONDS));
        }
    }

    @Test
    void an_error_says_what_to_do_about_it() {
        CauserieFutures chat = offline();
        CompletionException thrown =
                assertThrows(CompletionException.class, () -> chat.fetchUsers(List.of("bob")).join());
        CauserieException error = assertInstanceOf(CauserieException.class, thrown.getCause());
        switch (error.getAction()) {
            case RetryLater:
                assertEquals("offline", error.getCode());
                break;
            case AskUser:
            case SignIn:
            case FixCode:
                throw new AssertionError(error);
        }
        chat.signOut(true, Unsent.Refuse).join();
    }

    @Test
    void a_future_that_is_cancelled_does_not_take_the_write_with_it() {
        CauserieFutures chat = offline();
        ConversationFutures bob = chat.openDirect("bob").join();
        String key = bob.send(new NewMessage("Salut")).join();
        CompletableFuture<SendState> settled = chat.settled(key);
        assertTrue(settled.cancel(true));
        assertEquals(SendState.Queued.INSTANCE, chat.getChat().getOutbox().now(key));
        assertEquals(1, chat.getChat().getConversations().getValue().size());
        chat.close().join();
    }

    @Test
    void what_depends_on_futures_may_block_on_other_futures() {
        CauserieFutures chat = offline();
        ConversationFutures bob = chat.openDirect("bob").join();
        List<CompletableFuture<Stats>> all = new ArrayList<>();
        for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
            all.add(bob.send("Salut").thenApply(key -> chat.stats().join()));
        }
        for (CompletableFuture<Stats> one : all) {
            one.orTimeout(PATIENCE_S, TimeUnit.SECONDS).join();
        }
        chat.close().join();
    }

    @Test
    void a_listener_that_throws_ends_itself_and_no_other() throws Exception {
        CauserieFutures chat = offline();
        BlockingQueue<Throwable> uncaught = new ArrayBlockingQueue<>(10);
        ExecutorService executor =
                Executors.newSingleThreadExecutor(
                        task -> {
                            Thread thread = new Thread(task);
                            thread.setUncaughtExceptionHandler((t, e) -> uncaught.add(e));
                            return thread;
                        });
        BlockingQueue<Integer> sizes = new ArrayBlockingQueue<>(100);
        Listening bad =
                chat.listen(
                        chat.getChat().getConversations(),
                        executor,
                        list -> {
                            throw new IllegalStateException("on purpose");
                        });
        Listening good =
                chat.listen(chat.getChat().getConversations(), executor, list -> sizes.add(list.size()));
        assertEquals("on purpose", uncaught.poll(PATIENCE_S, TimeUnit.SECONDS).getMessage());
        assertFalse(bad.isActive());
        chat.openDirect("bob").join();
        Integer size;
        do {
            size = sizes.poll(PATIENCE_S, TimeUnit.SECONDS);
        } while (size != null && size == 0);
        assertEquals(1, size);
        assertTrue(good.isActive());
        Listening events =
                chat.listen(
                        chat.getChat().events(new EventFilter(EnumSet.of(EventKind.Users))),
                        executor,
                        event -> {});
        chat.close().join();
        assertFalse(events.isActive());
        executor.shutdown();
    }
}
