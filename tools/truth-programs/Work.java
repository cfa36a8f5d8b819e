// Threads that compute, allocate, sort and wait.
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Work {
    static final ArrayBlockingQueue<List<String>> queue = new ArrayBlockingQueue<>(8);

    static List<String> words(int round) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 500; i++) words.add(Integer.toHexString(i * 31 * round) + String.format("%05d", i));
        Collections.sort(words, (a, b) -> b.compareTo(a));
        return words;
    }

    static int count(List<String> words) {
        Map<String, Integer> counts = new HashMap<>();
        Pattern pattern = Pattern.compile("([a-f]+)([0-9]+)");
        for (String word : words) {
            Matcher matcher = pattern.matcher(word);
            while (matcher.find()) counts.merge(matcher.group(1), 1, Integer::sum);
        }
        return counts.size();
    }

    static int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

    public static void main(String[] arguments) throws Exception {
        Thread producer = new Thread(() -> {
            try {
                for (int round = 1;; round++) queue.put(words(round));
            } catch (InterruptedException ended) {
                return;
            }
        }, "producer");
        producer.start();
        Thread numbers = new Thread(() -> { while (true) if (fibonacci(25) < 0) return; }, "numbers");
        numbers.start();
        while (true) {
            if (count(queue.take()) < 0) return;
            Thread.sleep(1);
        }
    }
}
