//! What the merchant asks for: every service, and every outcome that the simulator has.

use vezne_outbound::rail::simulator::magic::Behaviour;
use vezne_wire::bankopay::{BankDetails, Extras, Service, WithdrawRequest};
use vezne_wire::secret::SecretText;

use crate::dice::Dice;
use crate::wire::post;

pub(crate) const KEY: &str = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";

/// The service with a largest amount, and that amount: above it, the desk refuses.
pub(crate) const LIMITED: Service = Service::PayFix;
pub(crate) const LIMIT: &str = "800.00";
const LIMIT_MINOR: i64 = 80_000;

/// The last two digits of an amount, as often as they are asked for.
const ENDINGS: [i64; 20] = [0, 10, 25, 50, 99, 0, 10, 25, 1, 1, 2, 2, 3, 3, 5, 6, 6, 6, 7, 7];

/// One withdrawal.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) site: u64,
    pub(crate) trx: String,
    pub(crate) service: Service,
    pub(crate) amount: i64,
    pub(crate) account: &'static str,
}

impl Order {
    /// A new one under its own number.
    pub(crate) fn random(number: u64, dice: &mut Dice) -> Self {
        let service = *dice.pick(&Service::ALL);
        // One in sixty stays in doubt until a person resolves it.
        let ending = if dice.below(60) == 0 { 4 } else { *dice.pick(&ENDINGS) };
        let lira = 1 + i64::try_from(dice.below(900)).expect("a small number");
        let bank = service.needs_bank_details();
        let account = if bank { "TR123445678945613245645" } else { "2024001389" };
        let site = *dice.pick(&crate::SITES);
        Self { site, trx: format!("kill-{number}"), service, amount: lira * 100 + ending, account }
    }

    /// One that is accepted and settled at once, of the first merchant.
    #[allow(dead_code, reason = "each test binary uses a part")]
    pub(crate) fn settled(number: u64) -> Self {
        let (site, trx) = (crate::SITES[0], format!("settled-{number}"));
        Self { site, trx, service: Service::Papara, amount: 25_000, account: "2024001389" }
    }

    /// The request, the same bytes each time.
    pub(crate) fn request(&self) -> Vec<u8> {
        let details = || BankDetails {
            identity: "12345678910".to_owned(),
            birth_date: "16.09.1990".to_owned(),
            provider_id: 1,
        };
        let request = WithdrawRequest {
            service: self.service,
            site_id: self.site,
            site_key: SecretText::new(KEY),
            user_id: "1254137".to_owned(),
            username: "demo123".to_owned(),
            trx: self.trx.clone(),
            fullname: "Ahmet Demir".to_owned(),
            amount: self.amount,
            account_number: self.account.to_owned(),
            bank: self.service.needs_bank_details().then(details),
            extras: Extras::default(),
        };
        post(&format!("/api/withdraw/{}", self.service.slug()), &request.encode())
    }

    /// What the simulator does with it.
    pub(crate) fn behaviour(&self) -> Behaviour {
        Behaviour::of(self.amount, self.account)
    }

    /// Whether the desk refuses it for good.
    pub(crate) fn is_refused(&self) -> bool {
        self.service == LIMITED && self.amount > LIMIT_MINOR
    }
}
