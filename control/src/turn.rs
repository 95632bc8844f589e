//! One collector at a time: a turn at what all collectors of one control store share.

use crate::error::Error;
use crate::store::Control;
use sqlx::Any;
use sqlx::pool::PoolConnection;

/// Key of PostgreSQL's advisory lock; "attune" and the number of what it guards.
const SHIPPING: i64 = i64::from_be_bytes(*b"attune\0\x01");

/// A turn; over when [`Turn::end`] returns, or when it is dropped.
#[derive(Debug)]
pub struct Turn(Option<PoolConnection<Any>>);

impl Control {
    /// Waits until no other collector of this control store has a turn at shipping. With SQLite there is no other
    /// collector. The server ends the turn of a collector that is gone.
    ///
    /// # Errors
    /// If the store cannot be reached.
    pub async fn turn(&self) -> Result<Turn, Error> {
        if !self.shared {
            return Ok(Turn(None));
        }
        // In the guard before the statement is sent: a lock that was given must not go back to the pool unnoticed.
        let mut turn = Turn(Some(self.pool.acquire().await?));
        if let Some(connection) = &mut turn.0 {
            sqlx::query("SELECT 1 FROM pg_advisory_lock($1)")
                .bind(SHIPPING)
                .execute(&mut **connection)
                .await?;
        }
        Ok(turn)
    }
}

impl Turn {
    /// Lets the next one have its turn.
    ///
    /// # Errors
    /// If the store cannot be reached: then it has ended the turn by itself.
    pub async fn end(mut self) -> Result<(), Error> {
        if let Some(connection) = &mut self.0 {
            sqlx::query("SELECT 1 FROM pg_advisory_unlock($1)")
                .bind(SHIPPING)
                .execute(&mut **connection)
                .await?;
        }
        // Only a connection without the lock goes back to the pool.
        drop(self.0.take());
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(connection.detach());
        }
    }
}
