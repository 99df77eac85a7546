package io.causerie.readme;

// The README's example begins here.
import io.causerie.TimelineItem;
import io.causerie.futures.CauserieFutures;
import io.causerie.futures.ConversationFutures;
import io.causerie.futures.TimelineFutures;
import java.io.File;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

class JavaExample {
    public static void main(String[] arguments) {
        Executor main = Executors.newSingleThreadExecutor(); // an app has one already
        String token = System.getenv().getOrDefault("TOKEN", ""); // your backend's
        CauserieFutures chat = CauserieFutures.open(
                        new File("alice-data"), "ws://127.0.0.1:4000", "alice",
                        request -> CompletableFuture.completedFuture(token))
                .join(); // works offline
        chat.start().join(); // from here on it stays connected by itself
        chat.listen(chat.getChat().getConnection(), main, System.out::println);

        ConversationFutures bob = chat.openDirect("bob").join();
        TimelineFutures timeline = bob.timeline().join();
        chat.listen(timeline.getTimeline().getState(), main, state -> {
            for (TimelineItem item : state.getItems()) {
                String mark = item.getSend() != null ? "…" : "✓";
                System.out.println(mark + " " + item.getSenderId() + ": " + item.getText());
            }
        });
        bob.send("Bonjour, Bob").join(); // shown at once, sent when it can be
    }
}
// The README's example ends here.
