//! Dynamic variables: `{{$guid}}`, `{{$randomEmail}}` and the other names that Postman documents.
//!
//! Each use makes a new value. The clock and the randomness are handed in, so a seed gives the same run again.

use time::OffsetDateTime;
use time::macros::format_description;

use crate::scopes::Dynamic;

/// Makes values from 64-bit random numbers.
pub struct Generator<R> {
    random: R,
    now: i64,
}

impl<R: FnMut() -> u64> Generator<R> {
    /// A generator at `now` (milliseconds since the epoch) with the given randomness.
    pub fn new(now: i64, random: R) -> Self {
        Self { random, now }
    }

    /// A whole number from `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + (self.random)() % (high - low + 1)
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        let last = words.len().saturating_sub(1) as u64;
        let place = usize::try_from(self.between(0, last)).unwrap_or(0);
        words.get(place).copied().unwrap_or_default()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.between(0, 9)).unwrap_or(0))).collect()
    }

    fn letters(&mut self, alphabet: &str, count: usize) -> String {
        let signs: Vec<char> = alphabet.chars().collect();
        let last = signs.len().saturating_sub(1) as u64;
        (0..count).filter_map(|_| signs.get(usize::try_from(self.between(0, last)).unwrap_or(0)).copied()).collect()
    }

    fn several(&mut self, words: &[&str], count: u64, between: &str) -> String {
        (0..count).map(|_| self.pick(words)).collect::<Vec<_>>().join(between)
    }

    fn sentence(&mut self) -> String {
        let count = self.between(3, 10);
        let text = self.several(LOREM, count, " ");
        format!("{}.", capitalized(&text))
    }

    fn sentences(&mut self, count: u64) -> String {
        (0..count).map(|_| self.sentence()).collect::<Vec<_>>().join(" ")
    }

    fn paragraphs(&mut self, count: u64) -> String {
        (0..count).map(|_| self.sentences(3)).collect::<Vec<_>>().join("\n \r")
    }

    fn user_name(&mut self) -> String {
        let (first, last) = (self.pick(FIRST_NAMES), self.pick(LAST_NAMES));
        match self.between(0, 2) {
            0 => format!("{first}{}", self.between(1, 99)),
            1 => format!("{first}.{last}"),
            _ => format!("{first}_{last}{}", self.between(1, 99)),
        }
    }

    fn domain(&mut self) -> String {
        let word = self.pick(LOREM);
        format!("{word}.{}", self.pick(DOMAIN_SUFFIXES))
    }

    fn company(&mut self) -> String {
        let (one, two) = (self.pick(LAST_NAMES), self.pick(LAST_NAMES));
        match self.between(0, 1) {
            0 => format!("{one}, {two} and {}", self.pick(LAST_NAMES)),
            _ => format!("{one} {}", self.pick(COMPANY_SUFFIXES)),
        }
    }

    /// A time that differs from now by up to `days`, as JavaScript writes a `Date`.
    fn date(&mut self, from: i64, to: i64) -> String {
        const DAY: i64 = 86_400_000;
        let span = u64::try_from((to - from) * DAY).unwrap_or(1).max(1);
        let offset = i64::try_from(self.between(0, span)).unwrap_or(0);
        javascript_date(self.now + from * DAY + offset)
    }

    fn image(&mut self, category: &str) -> String {
        format!("https://loremflickr.com/640/480/{category}")
    }

    fn path(&mut self) -> String {
        self.pick(&["/usr/bin", "/etc", "/var/log", "/opt/lib", "/home/user", "/srv", "/tmp", "/usr/share"]).to_owned()
    }

    fn file(&mut self, extensions: &[&str]) -> String {
        let count = self.between(1, 3);
        let name = self.several(LOREM, count, "_");
        format!("{name}.{}", self.pick(extensions))
    }

    fn phrase(&mut self) -> String {
        let (adjective, noun, verb) = (self.pick(TECH_ADJECTIVES), self.pick(TECH_NOUNS), self.pick(TECH_VERBS));
        let (other, last) = (self.pick(TECH_ADJECTIVES), self.pick(TECH_NOUNS));
        format!(
            "We need to {verb} the {adjective} {} {noun}, so that we can use the {other} {last}!",
            self.pick(ABBREVIATIONS)
        )
    }
}

impl<R: FnMut() -> u64> Dynamic for Generator<R> {
    fn value(&mut self, name: &str) -> Option<String> {
        let name = name.strip_prefix('$')?;
        Some(match name {
            "guid" | "randomUUID" => {
                let (high, low) = ((self.random)(), (self.random)());
                uuid(high, low)
            }
            "timestamp" => ((self.now + 500) / 1000).to_string(),
            "isoTimestamp" => iso_time(self.now),
            "randomAlphaNumeric" => self.letters("0123456789abcdefghijklmnopqrstuvwxyz", 1),
            "randomBoolean" => (self.between(0, 1) == 1).to_string(),
            "randomInt" => self.between(0, 1000).to_string(),
            "randomColor" => self.pick(COLORS).to_owned(),
            "randomHexColor" => format!("#{}", self.letters("0123456789abcdef", 6)),
            "randomAbbreviation" => self.pick(ABBREVIATIONS).to_owned(),
            "randomIP" => (0..4).map(|_| self.between(0, 255).to_string()).collect::<Vec<_>>().join("."),
            "randomIPV6" => (0..8).map(|_| self.letters("0123456789abcdef", 4)).collect::<Vec<_>>().join(":"),
            "randomMACAddress" => (0..6).map(|_| self.letters("0123456789abcdef", 2)).collect::<Vec<_>>().join(":"),
            "randomPassword" => self.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", 15),
            "randomLocale" => self.pick(LOCALES).to_owned(),
            "randomUserAgent" => self.pick(USER_AGENTS).to_owned(),
            "randomProtocol" => self.pick(&["http", "https"]).to_owned(),
            "randomSemver" => format!("{}.{}.{}", self.between(0, 9), self.between(0, 9), self.between(0, 9)),
            "randomFirstName" => self.pick(FIRST_NAMES).to_owned(),
            "randomLastName" => self.pick(LAST_NAMES).to_owned(),
            "randomFullName" => format!("{} {}", self.pick(FIRST_NAMES), self.pick(LAST_NAMES)),
            "randomNamePrefix" => self.pick(&["Mr.", "Mrs.", "Ms.", "Miss", "Dr."]).to_owned(),
            "randomNameSuffix" => self.pick(&["Jr.", "Sr.", "I", "II", "III", "IV", "V", "MD", "DDS", "PhD", "DVM"]).to_owned(),
            "randomJobArea" => self.pick(JOB_AREAS).to_owned(),
            "randomJobDescriptor" => self.pick(JOB_DESCRIPTORS).to_owned(),
            "randomJobTitle" => format!("{} {} {}", self.pick(JOB_DESCRIPTORS), self.pick(JOB_AREAS), self.pick(JOB_TYPES)),
            "randomJobType" => self.pick(JOB_TYPES).to_owned(),
            "randomPhoneNumber" => format!("{}-{}-{}", self.digits(3), self.digits(3), self.digits(4)),
            "randomPhoneNumberExt" => {
                format!("{}-{}-{}-{}", self.between(1, 99), self.digits(3), self.digits(3), self.digits(4))
            }
            "randomCity" => self.pick(CITIES).to_owned(),
            "randomStreetName" => format!("{} {}", self.pick(LAST_NAMES), self.pick(STREETS)),
            "randomStreetAddress" => {
                format!("{} {} {}", self.between(100, 99_999), self.pick(LAST_NAMES), self.pick(STREETS))
            }
            "randomCountry" => self.pick(COUNTRIES).to_owned(),
            "randomCountryCode" => self.pick(COUNTRY_CODES).to_owned(),
            "randomLatitude" => format!("{}{}.{}", self.pick(&["", "-"]), self.between(0, 89), self.digits(4)),
            "randomLongitude" => format!("{}{}.{}", self.pick(&["", "-"]), self.between(0, 179), self.digits(4)),
            "randomAvatarImage" => format!("https://cdn.fakercloud.com/avatars/{}_128.jpg", self.pick(LOREM)),
            "randomImageUrl" => "https://loremflickr.com/640/480".to_owned(),
            "randomAbstractImage" => self.image("abstract"),
            "randomAnimalsImage" => self.image("animals"),
            "randomBusinessImage" => self.image("business"),
            "randomCatsImage" => self.image("cats"),
            "randomCityImage" => self.image("city"),
            "randomFoodImage" => self.image("food"),
            "randomNightlifeImage" => self.image("nightlife"),
            "randomFashionImage" => self.image("fashion"),
            "randomPeopleImage" => self.image("people"),
            "randomNatureImage" => self.image("nature"),
            "randomSportsImage" => self.image("sports"),
            "randomTransportImage" => self.image("transport"),
            "randomImageDataUri" => "data:image/svg+xml;charset=UTF-8,%3Csvg%20xmlns%3D%22http%3A%2F%2Fwww.w3.org%2F2000%2Fsvg%22%20width%3D%22640%22%20height%3D%22480%22%2F%3E".to_owned(),
            "randomBankAccount" => self.digits(8),
            "randomBankAccountName" => format!("{} Account", self.pick(ACCOUNTS)),
            "randomCreditCardMask" => self.digits(4),
            "randomBankAccountBic" => {
                format!("{}{}{}1", self.letters(UPPER, 4), self.pick(COUNTRY_CODES), self.letters(UPPER, 1))
            }
            "randomBankAccountIban" => format!("{}{}{}", self.pick(COUNTRY_CODES), self.digits(2), self.digits(18)),
            "randomTransactionType" => self.pick(&["deposit", "withdrawal", "payment", "invoice"]).to_owned(),
            "randomCurrencyCode" => self.pick(&["USD", "EUR", "GBP", "JPY", "CHF", "INR", "SEK", "BRL"]).to_owned(),
            "randomCurrencyName" => self.pick(&["US Dollar", "Euro", "Pound Sterling", "Yen", "Swiss Franc"]).to_owned(),
            "randomCurrencySymbol" => self.pick(&["$", "€", "£", "¥", "₹"]).to_owned(),
            "randomBitcoin" => {
                let first = self.pick(&["1", "3"]);
                let rest = self.letters("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 33);
                format!("{first}{rest}")
            }
            "randomCompanyName" => self.company(),
            "randomCompanySuffix" => self.pick(COMPANY_SUFFIXES).to_owned(),
            "randomBs" => {
                format!("{} {} {}", self.pick(TECH_VERBS), self.pick(TECH_ADJECTIVES), self.pick(BUZZ_NOUNS))
            }
            "randomBsAdjective" => self.pick(TECH_ADJECTIVES).to_owned(),
            "randomBsBuzz" => self.pick(TECH_VERBS).to_owned(),
            "randomBsNoun" => self.pick(BUZZ_NOUNS).to_owned(),
            "randomCatchPhrase" => {
                format!("{} {} {}", self.pick(CATCH_ADJECTIVES), self.pick(CATCH_DESCRIPTORS), self.pick(BUZZ_NOUNS))
            }
            "randomCatchPhraseAdjective" => self.pick(CATCH_ADJECTIVES).to_owned(),
            "randomCatchPhraseDescriptor" => self.pick(CATCH_DESCRIPTORS).to_owned(),
            "randomCatchPhraseNoun" => self.pick(BUZZ_NOUNS).to_owned(),
            "randomDatabaseColumn" => {
                self.pick(&["id", "title", "name", "email", "phone", "token", "group", "category", "createdAt"]).to_owned()
            }
            "randomDatabaseType" => self.pick(&["int", "varchar", "text", "date", "datetime", "tinyint", "bigint"]).to_owned(),
            "randomDatabaseCollation" => {
                self.pick(&["utf8_unicode_ci", "utf8_general_ci", "utf8_bin", "ascii_bin", "cp1250_bin"]).to_owned()
            }
            "randomDatabaseEngine" => self.pick(&["InnoDB", "MyISAM", "MEMORY", "CSV", "BLACKHOLE", "ARCHIVE"]).to_owned(),
            "randomDateFuture" => self.date(0, 365),
            "randomDatePast" => self.date(-365, 0),
            "randomDateRecent" => self.date(-1, 0),
            "randomMonth" => self.pick(&MONTHS).to_owned(),
            "randomWeekday" => self.pick(&WEEKDAYS).to_owned(),
            "randomDomainName" => self.domain(),
            "randomDomainSuffix" => self.pick(DOMAIN_SUFFIXES).to_owned(),
            "randomDomainWord" => self.pick(LOREM).to_owned(),
            "randomEmail" => format!("{}@{}", self.user_name(), self.pick(&["gmail.com", "yahoo.com", "hotmail.com"])),
            "randomExampleEmail" => {
                format!("{}@{}", self.user_name(), self.pick(&["example.com", "example.net", "example.org"]))
            }
            "randomUserName" => self.user_name(),
            "randomUrl" => format!("{}://{}", self.pick(&["http", "https"]), self.domain()),
            "randomFileName" => self.file(EXTENSIONS),
            "randomFileType" => self.pick(FILE_TYPES).to_owned(),
            "randomFileExt" => self.pick(EXTENSIONS).to_owned(),
            "randomCommonFileName" => self.file(COMMON_EXTENSIONS),
            "randomCommonFileType" => self.pick(FILE_TYPES).to_owned(),
            "randomCommonFileExt" => self.pick(COMMON_EXTENSIONS).to_owned(),
            "randomFilePath" => format!("{}/{}", self.path(), self.file(EXTENSIONS)),
            "randomDirectoryPath" => self.path(),
            "randomMimeType" => {
                self.pick(&["application/json", "text/html", "image/png", "application/pdf", "audio/mpeg"]).to_owned()
            }
            "randomPrice" => format!("{}.{}", self.between(0, 999), self.digits(2)),
            "randomProduct" => self.pick(PRODUCTS).to_owned(),
            "randomProductAdjective" => self.pick(PRODUCT_ADJECTIVES).to_owned(),
            "randomProductMaterial" => self.pick(MATERIALS).to_owned(),
            "randomProductName" => {
                format!("{} {} {}", self.pick(PRODUCT_ADJECTIVES), self.pick(MATERIALS), self.pick(PRODUCTS))
            }
            "randomDepartment" => self.pick(DEPARTMENTS).to_owned(),
            "randomNoun" => self.pick(TECH_NOUNS).to_owned(),
            "randomVerb" => self.pick(TECH_VERBS).to_owned(),
            "randomIngverb" => self.pick(&["parsing", "indexing", "bypassing", "copying", "hacking", "connecting"]).to_owned(),
            "randomAdjective" => self.pick(TECH_ADJECTIVES).to_owned(),
            "randomWord" => self.pick(TECH_NOUNS).to_owned(),
            "randomWords" => {
                let count = self.between(2, 5);
                self.several(TECH_NOUNS, count, " ")
            }
            "randomPhrase" => self.phrase(),
            "randomLoremWord" => self.pick(LOREM).to_owned(),
            "randomLoremWords" => self.several(LOREM, 3, " "),
            "randomLoremSentence" => self.sentence(),
            "randomLoremSentences" => {
                let count = self.between(2, 6);
                self.sentences(count)
            }
            "randomLoremParagraph" => self.sentences(3),
            "randomLoremParagraphs" => self.paragraphs(3),
            "randomLoremText" => {
                let count = self.between(1, 3);
                self.sentences(count)
            }
            "randomLoremSlug" => self.several(LOREM, 3, "-"),
            "randomLoremLines" => {
                let count = self.between(1, 5);
                (0..count).map(|_| self.sentence()).collect::<Vec<_>>().join("\n")
            }
            _ => return None,
        })
    }
}

/// A version 4 UUID (RFC 9562) of 128 random bits.
pub fn uuid(high: u64, low: u64) -> String {
    let high = (high & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000;
    let low = (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

/// The moment of milliseconds since the epoch; the epoch itself if no calendar has it.
fn moment(milliseconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// ISO 8601 with milliseconds and `Z`.
pub fn iso_time(milliseconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    moment(milliseconds).format(&format).unwrap_or_default()
}

/// As JavaScript's `Date.prototype.toString` in UTC.
fn javascript_date(milliseconds: i64) -> String {
    let format = format_description!(
        "[weekday repr:short] [month repr:short] [day] [year] [hour]:[minute]:[second] GMT+0000 (Coordinated Universal Time)"
    );
    moment(milliseconds).format(&format).unwrap_or_default()
}

fn capitalized(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const COLORS: &[&str] = &[
    "red",
    "green",
    "blue",
    "yellow",
    "purple",
    "mint green",
    "teal",
    "white",
    "black",
    "orange",
    "pink",
    "grey",
    "maroon",
    "violet",
    "turquoise",
    "tan",
    "sky blue",
    "salmon",
    "plum",
    "orchid",
    "olive",
    "magenta",
    "lime",
    "ivory",
    "indigo",
    "gold",
    "fuchsia",
    "cyan",
    "azure",
    "lavender",
    "silver",
];
const ABBREVIATIONS: &[&str] = &[
    "TCP", "HTTP", "SDD", "RAM", "GB", "CSS", "SSL", "AGP", "SQL", "FTP", "PCI", "AI", "ADP", "RSS", "XML", "EXE",
    "COM", "HDD", "THX", "SMTP", "SMS", "USB", "PNG", "SAS", "IB", "SCSI", "JSON", "XSS", "JBOD",
];
const LOCALES: &[&str] =
    &["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "tr", "ja", "ko", "zh", "ru", "cs", "ast"];
const USER_AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
];
const FIRST_NAMES: &[&str] = &[
    "Ana", "Ben", "Chloe", "Dario", "Elena", "Farid", "Grace", "Hana", "Ivan", "Julia", "Kofi", "Lena", "Marco",
    "Nadia", "Omar", "Priya", "Quinn", "Rosa", "Samuel", "Tessa", "Umar", "Vera", "Walter", "Ximena", "Yusuf", "Zoe",
    "Ethan", "Dillan", "Megane", "Allan",
];
const LAST_NAMES: &[&str] = &[
    "Schneider",
    "Okafor",
    "Nguyen",
    "Silva",
    "Haddad",
    "Kowalski",
    "Jensen",
    "Moretti",
    "Tanaka",
    "Novak",
    "Fischer",
    "Larsson",
    "Garcia",
    "Dubois",
    "Kumar",
    "Brown",
    "Yilmaz",
    "Cohen",
    "Ivanov",
    "Mensah",
    "Reilly",
    "Walsh",
    "Bauer",
];
const JOB_AREAS: &[&str] = &[
    "Mobility",
    "Intranet",
    "Configuration",
    "Security",
    "Research",
    "Quality",
    "Brand",
    "Operations",
    "Accounts",
    "Markets",
    "Usability",
    "Infrastructure",
    "Paradigm",
    "Tactics",
    "Program",
];
const JOB_DESCRIPTORS: &[&str] = &[
    "Forward",
    "Corporate",
    "Senior",
    "Lead",
    "Global",
    "Regional",
    "Dynamic",
    "Central",
    "National",
    "Principal",
    "Future",
    "Customer",
    "Direct",
    "International",
    "Product",
    "District",
    "Human",
];
const JOB_TYPES: &[&str] = &[
    "Supervisor",
    "Associate",
    "Executive",
    "Officer",
    "Engineer",
    "Specialist",
    "Director",
    "Coordinator",
    "Administrator",
    "Architect",
    "Analyst",
    "Designer",
    "Planner",
    "Technician",
    "Developer",
    "Consultant",
    "Representative",
    "Agent",
    "Strategist",
];
const CITIES: &[&str] = &[
    "Spinkahaven",
    "Lagos",
    "Kyoto",
    "Porto",
    "Tartu",
    "Oslo",
    "Lima",
    "Quito",
    "Accra",
    "Leeds",
    "Graz",
    "Bergen",
    "Utrecht",
    "Izmir",
    "Cusco",
    "Pune",
    "Hanoi",
    "Ghent",
];
const STREETS: &[&str] = &["Street", "Avenue", "Road", "Lane", "Way", "Drive", "Court", "Square", "Gardens", "Plaza"];
const COUNTRIES: &[&str] = &[
    "Estonia",
    "Ghana",
    "Japan",
    "Portugal",
    "Norway",
    "Peru",
    "Ecuador",
    "Austria",
    "Türkiye",
    "India",
    "Vietnam",
    "Belgium",
    "Lao People's Democratic Republic",
    "Kenya",
    "Chile",
];
const COUNTRY_CODES: &[&str] =
    &["EE", "GH", "JP", "PT", "NO", "PE", "EC", "AT", "TR", "IN", "VN", "BE", "LA", "KE", "CL"];
const ACCOUNTS: &[&str] =
    &["Checking", "Savings", "Money Market", "Investment", "Home Loan", "Credit Card", "Auto Loan"];
const COMPANY_SUFFIXES: &[&str] = &["Inc", "and Sons", "LLC", "Group"];
const TECH_VERBS: &[&str] = &[
    "back up",
    "bypass",
    "hack",
    "override",
    "compress",
    "copy",
    "navigate",
    "index",
    "connect",
    "generate",
    "quantify",
    "calculate",
    "synthesize",
    "input",
    "transmit",
    "program",
    "reboot",
    "parse",
];
const TECH_ADJECTIVES: &[&str] = &[
    "auxiliary",
    "primary",
    "back-end",
    "digital",
    "open-source",
    "virtual",
    "cross-platform",
    "redundant",
    "online",
    "haptic",
    "multi-byte",
    "bluetooth",
    "wireless",
    "1080p",
    "neural",
    "optical",
    "solid state",
    "mobile",
];
const TECH_NOUNS: &[&str] = &[
    "driver",
    "protocol",
    "bandwidth",
    "panel",
    "microchip",
    "program",
    "port",
    "card",
    "array",
    "interface",
    "system",
    "sensor",
    "firewall",
    "hard drive",
    "pixel",
    "alarm",
    "feed",
    "monitor",
    "application",
    "transmitter",
    "bus",
    "circuit",
    "capacitor",
    "matrix",
];
const BUZZ_NOUNS: &[&str] = &[
    "synergies",
    "paradigms",
    "markets",
    "partnerships",
    "infrastructures",
    "platforms",
    "initiatives",
    "channels",
    "communities",
    "solutions",
    "portals",
    "niches",
    "technologies",
    "content",
    "applications",
    "networks",
];
const CATCH_ADJECTIVES: &[&str] = &[
    "Adaptive",
    "Advanced",
    "Ameliorated",
    "Assimilated",
    "Automated",
    "Balanced",
    "Centralized",
    "Cloned",
    "Configurable",
    "Decentralized",
    "Digitized",
    "Distributed",
    "Enhanced",
    "Ergonomic",
    "Extended",
    "Fundamental",
];
const CATCH_DESCRIPTORS: &[&str] = &[
    "24 hour",
    "4th generation",
    "actuating",
    "analyzing",
    "asymmetric",
    "bandwidth-monitored",
    "bifurcated",
    "clear-thinking",
    "client-driven",
    "cohesive",
    "composite",
    "contextually-based",
    "demand-driven",
    "dynamic",
];
const DOMAIN_SUFFIXES: &[&str] = &["com", "biz", "info", "name", "net", "org"];
const EXTENSIONS: &[&str] = &["json", "csv", "pdf", "html", "png", "mp4", "txt", "xml", "zip", "docx", "wav", "jpg"];
const COMMON_EXTENSIONS: &[&str] = &["pdf", "html", "png", "jpg", "mp3", "mp4", "gif", "wav"];
const FILE_TYPES: &[&str] = &["application", "audio", "image", "text", "video", "font", "model"];
const PRODUCTS: &[&str] =
    &["Towels", "Pizza", "Chair", "Table", "Shoes", "Gloves", "Hat", "Keyboard", "Bike", "Soap", "Lamp"];
const PRODUCT_ADJECTIVES: &[&str] =
    &["Unbranded", "Small", "Ergonomic", "Rustic", "Handmade", "Refined", "Sleek", "Practical"];
const MATERIALS: &[&str] =
    &["Steel", "Wooden", "Concrete", "Plastic", "Cotton", "Granite", "Rubber", "Metal", "Soft", "Frozen"];
const DEPARTMENTS: &[&str] =
    &["Books", "Movies", "Music", "Games", "Tools", "Garden", "Toys", "Shoes", "Health", "Computers"];
const LOREM: &[&str] = &[
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetur",
    "adipisci",
    "elit",
    "sed",
    "eius",
    "modi",
    "tempora",
    "incidunt",
    "labore",
    "dolore",
    "magnam",
    "aliquam",
    "quaerat",
    "voluptatem",
    "minima",
    "veniam",
    "quis",
    "nostrum",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn generator() -> Generator<impl FnMut() -> u64> {
        let mut state = 42_u64;
        Generator::new(1_764_000_000_123, move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ (state >> 29)
        })
    }

    #[test]
    fn times_and_ids_have_their_forms() {
        let mut generator = generator();
        assert_eq!(generator.value("$timestamp").unwrap(), "1764000000");
        assert_eq!(generator.value("$isoTimestamp").unwrap(), "2025-11-24T16:00:00.123Z");
        let one = generator.value("$guid").unwrap();
        assert_ne!(one, generator.value("$guid").unwrap());
        assert_eq!((one.len(), one.as_bytes()[14]), (36, b'4'));
        assert_eq!(generator.value("$nothing"), None);
        assert_eq!(generator.value("guid"), None);
    }

    #[test]
    fn every_documented_name_has_a_value() {
        let names = include_str!("dynamic_names.txt");
        assert_eq!(names.split_whitespace().count(), 118);
        for name in names.split_whitespace() {
            assert!(generator().value(name).is_some_and(|value| !value.is_empty()), "{name}");
        }
    }

    #[test]
    fn dates_are_right_across_leap_years() {
        for (time, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        ] {
            assert_eq!(iso_time(time), expected);
        }
        assert_eq!(javascript_date(0), "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)");
    }
}
