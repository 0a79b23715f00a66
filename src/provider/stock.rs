//! What the lab's own APIs keep: products and orders of a small shop, payments, and the refunds of this sitting. Only
//! products and refunds change, and only until the lab stops.

use serde_json::{Value, json};

/// How many products, and how many refunds, are kept at most.
const ROOM: usize = 500;

/// A product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The number that orders name it by.
    pub id: String,
    pub name: String,
    /// In cents.
    pub price: u64,
}

impl Product {
    pub fn document(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "priceInCents": self.price })
    }
}

/// The shelves.
#[derive(Clone, Debug)]
pub struct Stock {
    products: Vec<Product>,
    refunds: usize,
}

impl Default for Stock {
    fn default() -> Self {
        let product = |(id, name, price): (&str, &str, u64)| Product {
            id: id.to_owned(),
            name: name.to_owned(),
            price,
        };
        let products = [
            ("P-1001", "Rain jacket", 8900),
            ("P-1002", "Hiking boots", 12_900),
            ("P-1003", "Enamel mug", 1250),
            ("P-1004", "Head torch", 3400),
        ];
        Self { products: products.map(product).to_vec(), refunds: 0 }
    }
}

impl Stock {
    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.products.iter()
    }

    /// Puts a product on the shelf; `None` if there is no room.
    pub fn add(&mut self, name: &str, price: u64) -> Option<&Product> {
        if self.products.len() >= ROOM {
            return None;
        }
        let id = format!("P-{}", 1001 + self.products.len());
        self.products.push(Product { id, name: name.to_owned(), price });
        self.products.last()
    }

    /// Notes a refund and gives its number.
    pub fn refund(&mut self) -> String {
        self.refunds += 1;
        format!("R-{}", 5000 + self.refunds)
    }
}

/// What customers ordered.
pub fn orders() -> Value {
    json!([
        { "id": "O-2001", "products": ["P-1001"], "status": "shipped" },
        { "id": "O-2002", "products": ["P-1003", "P-1003"], "status": "open" },
    ])
}

/// What they paid.
pub fn transactions() -> Value {
    json!([
        { "id": "T-3001", "order": "O-2001", "amountInCents": 8900, "settled": true },
        { "id": "T-3002", "order": "O-2002", "amountInCents": 2500, "settled": false },
    ])
}
