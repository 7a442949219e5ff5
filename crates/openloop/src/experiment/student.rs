//! Student's t distribution, to the last few bits, also far out in the tails where a small p value is read off.
//!
//! With x = n / (n + t^2), the probability of more than |t| on either side is the regularised incomplete beta function
//! I_x(n/2, 1/2); its continued fraction is evaluated by Lentz's method (Abramowitz and Stegun 26.7.1 and 26.5.8;
//! Press et al., "Numerical Recipes", 6.4).

/// The probability that a t of `degrees` degrees of freedom lies at least `t` away from 0, on either side.
pub(super) fn two_sided(t: f64, degrees: f64) -> f64 {
    let square = t * t;
    let (near, far) = (square / (degrees + square), degrees / (degrees + square));
    match (square.is_infinite(), square == 0.0) {
        (true, _) => 0.0,
        (_, true) => 1.0,
        _ => incomplete_beta(far, near, degrees / 2.0, 0.5),
    }
}

/// The t that is exceeded on either side with probability `p` in (0, 1).
pub(super) fn quantile(p: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, degrees) > p {
        high *= 2.0;
    }
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        *(if two_sided(middle, degrees) > p { &mut low } else { &mut high }) = middle;
    }
}

/// I_x(a, b); `rest` is 1 - x, which the caller knows better than a subtraction would.
fn incomplete_beta(x: f64, rest: f64, a: f64, b: f64) -> f64 {
    let beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = (a * x.ln() + b * rest.ln() - beta).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(x, a, b) / a
    } else {
        1.0 - front * continued_fraction(rest, b, a) / b
    }
}

fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    let away_from_zero = |v: f64| if v.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { v };
    let (mut c, mut d) = (1.0, 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = value;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            value *= c * d;
        }
        if (value - before).abs() <= f64::EPSILON * value.abs() {
            break;
        }
    }
    value
}
