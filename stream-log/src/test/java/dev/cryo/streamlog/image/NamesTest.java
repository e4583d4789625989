package dev.cryo.streamlog.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    private static final String PART = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}";
    private static final Pattern FILE = Pattern.compile(PART);
    private static final Pattern SECTION = Pattern.compile("(" + PART + "/)?" + PART);
    /** Some that belong in names, and those beside them in the table of characters. */
    private static final String CHARACTERS = "abzAZ059-_../@[`{:^,\0\n\u00e9\u0430\uff41";

    @Test
    void takesWhatTheGrammarTakes() {
        Random random = new Random(11);
        int taken = 0;
        for (int i = 0; i < 100_000; i++) {
            StringBuilder name = new StringBuilder();
            int length = random.nextInt(5);
            for (int k = 0; k < length; k++) {
                name.append(CHARACTERS.charAt(random.nextInt(random.nextBoolean() ? 12 : CHARACTERS.length())));
            }
            String text = name.toString();
            assertThat(Names.isSection(text)).as(text).isEqualTo(SECTION.matcher(text).matches());
            assertThat(Names.isFile(text)).as(text).isEqualTo(FILE.matcher(text).matches());
            taken += Names.isSection(text) ? 1 : 0;
        }
        assertThat(taken).isBetween(10_000, 90_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 127, 128, 129, 256, 257})
    void aPartHas128CharactersAtMost(int length) {
        String part = "x".repeat(length);
        assertThat(Names.isFile(part)).isEqualTo(length <= 128);
        assertThat(Names.isSection(part)).isEqualTo(length <= 128);
        assertThat(Names.isSection("host/" + part)).isEqualTo(length <= 128);
        assertThat(Names.isSection(part + "/x")).isEqualTo(length <= 128);
    }

    @Test
    void theManifestIsNoSectionsFile() {
        assertThat(Names.isFile(Manifest.FILE)).isFalse();
    }
}
