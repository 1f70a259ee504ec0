use super::*;
use crate::testing::rng;

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

struct Case {
    keys: KeyRing,
    policy: Policy,
    usage: Vec<Usage>,
    origin: Origin,
}

impl Case {
    fn new() -> Self {
        let origin = Origin { ip: Some("192.0.2.7".parse().unwrap()), ..Origin::default() };
        Self { keys: KeyRing::generate(&mut rng(1)), policy: Policy::default(), usage: Vec::new(), origin }
    }

    fn used(mut self, of: Group, sent: u64) -> Self {
        self.usage.push(Usage { of, sent, settled: 0, verified: 0, cost: 0, alarmed_at: None });
        self
    }

    fn judge(&self, setting_up: bool) -> Result<Count, Reached> {
        let around = (NOW, &self.keys, &self.policy);
        judge(&self.usage, &number(), setting_up, &self.origin, around, &mut rng(2))
    }

    fn limit(&self) -> Option<Limit> {
        self.judge(true).err().map(|reached| reached.limit)
    }
}

fn number() -> PhoneNumber {
    PhoneNumber::from_e164("+4915112345678").unwrap().of(de())
}

fn de() -> Country {
    Country::parse("de").unwrap()
}

fn country(text: &str) -> Group {
    Group::Country(Country::parse(text).unwrap())
}

#[test]
fn a_message_is_counted_with_its_place_its_country_and_while_setting_up_with_its_neighbors() {
    let case = Case::new();
    let (set_up, sign_in) = (case.judge(true).unwrap(), case.judge(false).unwrap());
    let neighbors = Group::neighbors(&number(), &case.keys);
    assert_eq!(set_up.groups[1..], [Group::Country(de()), neighbors, Group::SetUps(de())]);
    assert_eq!(sign_in.groups, set_up.groups[..2]);
    assert!(set_up.groups.is_sorted(), "locked in one order by everybody");
    assert_eq!((set_up.slice, set_up.country), (slice(NOW), de()));
    assert!(set_up.slice <= NOW && NOW.since(set_up.slice) < SLICE);
}

#[test]
fn neighbors_differ_in_their_last_three_digits_only() {
    let keys = KeyRing::generate(&mut rng(1));
    let of = |text: &str| Group::neighbors(&PhoneNumber::from_e164(text).unwrap(), &keys);
    assert_eq!(of("+4915112345678"), of("+4915112345000"));
    assert_ne!(of("+4915112345678"), of("+4915112346678"));
    assert_ne!(of("+4915112345678"), of("+491511234567"));
}

#[test]
fn only_listed_countries_are_served_and_a_number_of_none_is_not() {
    let mut case = Case::new();
    case.policy.sms.countries = Some([Country::parse("AT").unwrap()].into());
    assert_eq!(case.judge(true), Err(Reached { limit: Limit::Country, alarm: None }));
    case.policy.sms.countries = Some([de()].into());
    assert!(case.judge(true).is_ok());
    assert!(!case.policy.sms.serves(Country::UNKNOWN));
}

#[test]
fn each_limit_takes_as_many_as_it_says_and_no_more() {
    let prefix = |case: &Case| Group::neighbors(&number(), &case.keys);
    let block = |case: &Case| Group::block(&case.origin, &case.keys).unwrap();
    let limits = Limits::default();
    let limit = |group: &dyn Fn(&Case) -> Group, sent: u32| {
        let case = Case::new();
        let group = group(&case);
        case.used(group, u64::from(sent)).limit()
    };
    assert_eq!(limit(&prefix, limits.per_prefix - 1), None);
    assert_eq!(limit(&prefix, limits.per_prefix), Some(Limit::Prefix));
    assert_eq!(limit(&block, limits.per_block - 1), None);
    assert_eq!(limit(&block, limits.per_block), Some(Limit::Block));
    let day = |other: u64| Case::new().used(country("DE"), 5_000).used(country("US"), other).limit();
    assert_eq!((day(4_999), day(5_000)), (None, Some(Limit::Day)));
}

#[test]
fn a_budget_is_spent_to_the_last_message_it_pays_for() {
    let mut case = Case::new().used(country("DE"), 3).used(country("US"), 1);
    case.policy.sms.prices = [(de(), 75_000)].into();
    case.policy.sms.budget = Some(1_000_000);
    case.usage[0].cost = 900_000;
    case.usage[1].cost = 25_000;
    assert_eq!(case.judge(false).unwrap().cost, 75_000);
    case.usage[1].cost = 25_001;
    assert_eq!(case.judge(false).unwrap_err().limit, Limit::Budget);
}

/// What a country's codes came to, and how many of them were set-ups.
fn answered(all: (u64, u64), set_ups: (u64, u64), of: &str) -> Case {
    let of = Country::parse(of).unwrap();
    let mut case = Case::new().used(Group::Country(of), all.0).used(Group::SetUps(of), set_ups.0);
    for (usage, (settled, verified)) in case.usage.iter_mut().zip([all, set_ups]) {
        (usage.settled, usage.verified) = (settled, verified);
    }
    case
}

#[test]
fn set_ups_in_a_country_where_nobody_types_the_codes_are_stopped_alone() {
    let with = |counts, of| answered(counts, counts, of).limit();
    assert_eq!(with((50, 4), "DE"), Some(Limit::Ratio));
    assert_eq!(with((50, 5), "DE"), None);
    assert_eq!(with((49, 0), "DE"), None, "too few to judge");
    assert_eq!(with((50, 0), "US"), None, "another country");
    let strangers = answered((1_000, 30), (970, 0), "DE");
    assert_eq!(strangers.judge(true), Err(Reached { limit: Limit::Ratio, alarm: Some(Group::SetUps(de())) }));
    assert!(strangers.judge(false).is_ok(), "whoever signs in is judged by those who sign in");
}

#[test]
fn codes_to_proven_numbers_of_a_country_are_stopped_when_nobody_types_those() {
    let proven = answered((150, 100), (100, 96), "DE");
    assert_eq!(proven.judge(false), Err(Reached { limit: Limit::Ratio, alarm: Some(Group::Country(de())) }));
    assert!(proven.judge(true).is_ok());
}

#[test]
fn set_ups_leave_half_of_the_days_messages_and_money_to_proven_numbers() {
    let of_day = |set_ups| Case::new().used(Group::Country(de()), 6_000).used(Group::SetUps(de()), set_ups);
    assert_eq!(of_day(4_999).limit(), None);
    assert_eq!(of_day(5_000).limit(), Some(Limit::SetUps));
    assert!(of_day(5_000).judge(false).is_ok());
    let mut paid = of_day(20);
    paid.policy.sms.price = 100_000;
    paid.policy.sms.budget = Some(1_000_000);
    paid.usage[0].cost = 500_000;
    paid.usage[1].cost = 400_000;
    assert_eq!(paid.limit(), None);
    paid.usage[1].cost = 400_001;
    assert_eq!(paid.limit(), Some(Limit::SetUps));
    assert!(paid.judge(false).is_ok());
}

#[test]
fn codes_that_can_still_be_typed_are_not_held_against_a_country() {
    let policy = Policy::default();
    assert!(settled_before(NOW, &policy) <= NOW - policy.code_life);
}

#[test]
fn the_operator_is_told_once_an_hour_and_again_when_a_clock_was_wrong() {
    let told = |alarmed_at| {
        let mut case = Case::new().used(Group::All, 0).used(country("DE"), 10_000);
        case.usage[0].alarmed_at = alarmed_at;
        case.judge(false).unwrap_err().alarm
    };
    assert_eq!(told(None), Some(Group::All));
    assert_eq!(told(Some(NOW - Duration::from_mins(59))), None);
    assert_eq!(told(Some(NOW - Duration::from_mins(60))), Some(Group::All));
    assert_eq!(told(Some(NOW + Duration::from_days(1))), Some(Group::All));
}
